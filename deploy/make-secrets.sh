#!/usr/bin/env bash
# Makes what the compose files read from deploy/secrets: random passwords, keys, and a certificate of its own.
# What is there is kept: to change a secret, remove its files and run this again (docs/deployment.md).
#   deploy/make-secrets.sh [host name ...]     names of the certificate besides localhost and proxy
set -euo pipefail

folder="${IHALA_SECRETS:-$(dirname "$0")/secrets}"
# The folder keeps others out. Its files are readable, since containers read them under users of their own.
mkdir -p -m 700 "$folder"
cd "$folder"
umask 077
made=()

# True when none of these files is there yet. They hold one secret, so some of them alone would not fit together.
missing() {
  local there=0 name
  for name in "$@"; do [[ -e "$name" ]] && there=$((there + 1)); done
  ((there == 0 || there == $#)) || {
    echo "some of these are there, some are not; remove all of them or none: $*" >&2
    exit 1
  }
  ((there == 0)) && made+=("$@")
}
# Appears whole or not at all.
keep() {
  cat >"$1.new"
  chmod 444 "$1.new"
  mv -n "$1.new" "$1"
}
random() { openssl rand -hex 24; }

if missing kek; then openssl rand -base64 32 | keep kek; fi

for set in mongodb keyring; do
  if missing "$set-keyfile"; then openssl rand -base64 756 | keep "$set-keyfile"; fi
  if missing "$set-root-password"; then random | keep "$set-root-password"; fi
done

members=mongodb-1:27017,mongodb-2:27017,mongodb-3:27017
for service in cases education health employment voluntary-return audit; do
  if missing "$service-mongodb-url"; then
    echo "mongodb://$service:$(random)@$members/ihala-$service?replicaSet=ihala&authSource=admin" | keep "$service-mongodb-url"
  fi
done
if missing keyring-url; then
  echo "mongodb://keyring:$(random)@keyring:27017/ihala-keyring?replicaSet=keyring&authSource=admin" | keep keyring-url
fi

if missing kafka-password kafka-jaas.conf; then
  password=$(random) broker=$(random)
  echo "$password" | keep kafka-password
  keep kafka-jaas.conf <<END
KafkaServer {
  org.apache.kafka.common.security.plain.PlainLoginModule required
  username="broker" password="$broker" user_broker="$broker" user_ihala="$password";
};
END
fi

if missing redis-password redis.conf redis-url; then
  password=$(random)
  echo "$password" | keep redis-password
  echo "requirepass $password" | keep redis.conf
  echo "redis://:$password@redis:6379" | keep redis-url
fi

if missing keycloak-admin-password; then random | keep keycloak-admin-password; fi

if missing ca.key ca.crt; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=Ihala on this machine' \
    -addext keyUsage=critical,keyCertSign -keyout ca.key.made -out ca.crt.made 2>/dev/null
  keep ca.key <ca.key.made
  keep ca.crt <ca.crt.made
  chmod 400 ca.key # no container needs it
fi
if missing tls.key tls.crt; then
  names=$(printf ',DNS:%s' localhost proxy "$@")
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=ihala' -keyout tls.key.made -out tls.csr.made 2>/dev/null
  openssl x509 -req -in tls.csr.made -CA ca.crt -CAkey ca.key -days 397 -out tls.crt.made 2>/dev/null -extfile <(
    printf 'subjectAltName=IP:127.0.0.1%s\nextendedKeyUsage=serverAuth\n' "$names"
  )
  keep tls.key <tls.key.made
  keep tls.crt <tls.crt.made
fi
rm -f ./*.made

if ((${#made[@]})); then
  printf 'made in %s:' "$PWD" && printf ' %s' "${made[@]}" && echo
  [[ " ${made[*]} " != *' kek '* ]] || echo 'Keep a copy of kek elsewhere, apart from the backups: without it nothing personal can ever be read again.'
else
  echo "nothing made: all secrets are there, in $PWD"
fi

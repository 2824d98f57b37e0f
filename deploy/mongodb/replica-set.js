// Run by mongosh on the loopback of the set's first member. Forms the set unless it is there, and gives it the users that the URLs in
// /run/secrets/users name, each with its own database alone. Safe to run again: passwords become what the URLs say now.
const { readdirSync, readFileSync } = require('node:fs');

const { SET, MEMBERS, SECRETS = '/run/secrets', LOOPBACK = '127.0.0.1:27017' } = process.env;
const secret = (name) => readFileSync(`${SECRETS}/${name}`, 'utf8').trim();
const patienceMs = 120_000;
const codes = { authenticationFailed: 18, alreadyInitialized: 23 };

const local = connect(`mongodb://${LOOPBACK}/admin?directConnection=true`);
const until = (what, holds) => {
  const end = Date.now() + patienceMs;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    sleep(250);
  }
};
/** What `action` gives, or nothing when it fails with this code. */
const unless = (code, action) => {
  try {
    // in two steps: the shell waits for what is assigned, not for what is returned
    const outcome = action();
    return outcome;
  } catch (error) {
    if (error.code !== code) throw error;
    return undefined;
  }
};

function formSet() {
  // the first is preferred, so that the first user can be made on it
  const members = MEMBERS.split(',').map((host, _id) => ({ _id, host, priority: _id === 0 ? 2 : 1 }));
  if (local.hello().setName === undefined) {
    unless(codes.alreadyInitialized, () => local.adminCommand({ replSetInitiate: { _id: SET, members } }));
  }
  until('a primary', () => local.hello().primary !== undefined);
}

function asRoot() {
  const pwd = secret('root-password');
  const url = `mongodb://root:${encodeURIComponent(pwd)}@${MEMBERS}/admin?replicaSet=${SET}`;
  const there = unless(codes.authenticationFailed, () => connect(url));
  if (there) return there;
  until('this member to be the primary', () => local.hello().isWritablePrimary);
  // allowed from the loopback as long as there is no user at all
  local.createUser({ user: 'root', pwd, roles: ['root'] });
  return connect(url);
}

/** Lets a service see whether the server is set as it needs it; data are not to be seen so. */
function settingsRole(admin) {
  const role = 'readsSettings';
  const privileges = [{ resource: { cluster: true }, actions: ['getParameter'] }];
  if (!admin.getRole(role)) admin.createRole({ role, privileges, roles: [] });
  return { role, db: 'admin' };
}

function giveUser(admin, url) {
  const [, user, password, database] = /^mongodb:\/\/([^:@/]+):([^@/]+)@[^/]+\/([^?]+)/.exec(url);
  const roles = [{ role: 'readWrite', db: database }, settingsRole(admin)];
  const account = { pwd: decodeURIComponent(password), roles };
  if (admin.getUser(user)) admin.updateUser(user, account);
  else admin.createUser({ user, ...account });
  print(`${user} has ${database}`);
}

formSet();
const admin = asRoot();
for (const name of readdirSync(`${SECRETS}/users`).filter((name) => !name.startsWith('.')))
  giveUser(admin, secret(`users/${name}`));

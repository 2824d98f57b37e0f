import { services } from './settings.js';

/** What the way in leads to, by service; and what else. */
const leadsTo: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(services.map((service) => [service, [service]])),
  cases: ['cases', 'transfers', 'feed'],
};
const others = ['/realms/ihala/', '/resources/'];

/** What is wrong with the configuration of the proxy. @param port where services listen */
export function proxyFaults(text: string, port: string): string[] {
  const locations = [...text.matchAll(/location (?:= |~ )?(\S+) \{([^}]*)\}/g)].map(([, path = '', body = '']) => ({
    path,
    to: /proxy_pass http:\/\/([\w-]+)/.exec(body)?.[1],
  }));
  const open = locations.filter(({ path, to }) => to && !/^\^?\/v1\//.test(path) && !others.includes(path));
  const reached = (service: string, name: string) =>
    locations.some(
      ({ path, to }) => to === service && path.startsWith('^') && new RegExp(path).test(`/v1/${name}/parked`),
    );
  return [
    ...open.map(({ path }) => `${path} is for nobody outside`),
    ...Object.entries(leadsTo).flatMap(([service, names]) =>
      names.filter((name) => !reached(service, name)).map((name) => `/v1/${name} does not lead to ${service}`),
    ),
    ...services
      .filter((service) => !text.includes(`server ${service}:${port} resolve;`))
      .map((service) => `${service} is not asked at ${port}`),
    ...['client_max_body_size 64k;', 'proxy_buffering off;', 'error_log stderr crit;', 'ssl_protocols TLSv1.2']
      .filter((setting) => !text.includes(setting))
      .map((setting) => `${setting} is missing`),
    ...(/\$(request|request_uri|uri|args|http_authorization)\b/.test(text) ? ['URLs or tokens are logged'] : []),
  ];
}

/** What is wrong with how images are made. @param node the version that the project runs on */
export function dockerfileFaults(text: string, node: string): string[] {
  const stages = text.split(/^FROM /m);
  const last = stages.at(-1) ?? '';
  return [
    ...(text.includes(`ARG NODE=${node}\n`) ? [] : [`images do not run Node ${node}`]),
    ...(/^USER [1-9]\d*:\d+$/m.test(last) ? [] : ['images run as root']),
    ...(/^ENTRYPOINT \["node",/m.test(last) ? [] : ['a shell stands before the process']),
    ...(/HEALTHCHECK[\s\S]*CMD \["node", "\/ihala\/probe.js", "\/livez"\]/.test(last)
      ? []
      : ['nobody sees whether it lives']),
    ...(/npm (ci|install)(?![^&]*--omit=dev)/.test(last) ? ['tools of the build are in the image'] : []),
    ...(/^ARG (\w*(PASSWORD|SECRET|TOKEN|KEY))/m.test(text) ? ['a secret is an argument, and stays in the image'] : []),
  ];
}

import { parseAllDocuments } from 'yaml';

type Named<T> = Readonly<Record<string, T>>;

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly resources?: Named<Named<string>>;
  readonly securityContext?: {
    readonly allowPrivilegeEscalation?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[] };
  };
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[];
  readonly startupProbe?: object;
  readonly livenessProbe?: object;
  readonly readinessProbe?: object;
}

interface SecretSource {
  readonly secret?: { readonly name: string; readonly items?: readonly { readonly path: string }[] };
}

export interface PodSpec {
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly topologySpreadConstraints?: readonly object[];
  readonly securityContext?: {
    readonly runAsNonRoot?: boolean;
    readonly runAsUser?: number;
    readonly seccompProfile?: { readonly type?: string };
  };
  readonly containers: readonly Container[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly projected?: { readonly sources: readonly SecretSource[] };
    readonly configMap?: { readonly name: string };
  }[];
}

export interface Rule {
  readonly from?: readonly object[];
  readonly to?: readonly object[];
  readonly ports?: readonly { readonly port: number | string }[];
}

/** Of an object in a cluster, what the rules look at; which of it there is depends on its kind. */
export interface ClusterObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Named<string> };
  readonly data?: Named<string>;
  readonly items?: readonly ClusterObject[];
  readonly spec?: {
    readonly template?: { readonly spec: PodSpec };
    readonly replicas?: number;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly scaleTargetRef?: { readonly name: string };
    readonly selector?: Named<unknown>;
    readonly podSelector?: { readonly matchLabels?: Named<string> };
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
    readonly ports?: readonly { readonly targetPort?: string; readonly name: string }[];
    readonly tls?: readonly { readonly secretName?: string; readonly hosts?: readonly string[] }[];
    readonly rules?: readonly { readonly host?: string; readonly http: { readonly paths: readonly IngressPath[] } }[];
    readonly partitions?: number;
    readonly config?: Named<string | number>;
    readonly authentication?: { readonly type: string };
    readonly authorization?: { readonly acls: readonly Acl[] };
    readonly groups?: readonly object[];
  };
}

interface IngressPath {
  readonly path: string;
  readonly backend: { readonly service: { readonly name: string; readonly port: { readonly name?: string } } };
}

export interface Acl {
  readonly resource: { readonly type: string; readonly name: string; readonly patternType: string };
  readonly operations?: readonly string[];
}

/** The objects in one text, those in lists included. */
export const objectsIn = (text: string): ClusterObject[] =>
  parseAllDocuments(text, { merge: true })
    .map((document) => document.toJS() as ClusterObject)
    .flatMap((object) => (object.kind === 'List' ? (object.items ?? []) : [object]));

export const ofKind = (objects: readonly ClusterObject[], kind: string): ClusterObject[] =>
  objects.filter((object) => object.kind === kind);

{{- define "tablewright.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains "tablewright" .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-tablewright" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "tablewright.serviceAccountName" -}}
{{- default (include "tablewright.fullname" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "tablewright.selectorLabels" -}}
app.kubernetes.io/name: tablewright
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "tablewright.labels" -}}
{{- $own := fromYaml (include "tablewright.selectorLabels" .) -}}
{{- $_ := set $own "app.kubernetes.io/part-of" "tablewright" -}}
{{- $_ := set $own "app.kubernetes.io/version" .Chart.AppVersion -}}
{{- $_ := set $own "app.kubernetes.io/managed-by" .Release.Service -}}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- merge $own .Values.commonLabels | toYaml -}}
{{- end -}}

{{- define "tablewright.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- /* The controller's account, as a subject of role bindings. */ -}}
{{- define "tablewright.subjects" -}}
subjects:
- kind: ServiceAccount
  name: {{ include "tablewright.serviceAccountName" . }}
  namespace: {{ .Release.Namespace }}
{{- end -}}

{{- /* A list of texts as CEL writes it. The schema lets no quote into them. */ -}}
{{- define "tablewright.celList" -}}
[{{ range $index, $text := . }}{{ if $index }}, {{ end }}'{{ $text }}'{{ end }}]
{{- end -}}

{{- define "tablewright.celControllers" -}}
{{- $own := printf "system:serviceaccount:%s:%s" .Release.Namespace (include "tablewright.serviceAccountName" .) -}}
{{- include "tablewright.celList" (prepend .Values.admission.controllers $own) -}}
{{- end -}}

{{- /* What the controller may do with its kinds and with events: in the whole cluster, or in each watched namespace. */ -}}
{{- define "tablewright.controllerRules" -}}
rules:
- apiGroups: [tablewright.dev]
  resources: [databases, tables, plans, approvals]
  verbs: [get, list, watch]
- apiGroups: [tablewright.dev]
  resources: [databases/status, tables/status, plans/status, approvals/status]
  verbs: [get, update, patch]
- apiGroups: [tablewright.dev]
  resources: [plans]
  verbs: [create, update, patch, delete]
# Owner references that block deletion, where the API server asks for this.
- apiGroups: [tablewright.dev]
  resources: [tables/finalizers, plans/finalizers]
  verbs: [update]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{- /* Peers of a NetworkPolicy: the addresses and the Pods of one entry. */ -}}
{{- define "tablewright.peers" -}}
{{- range .cidrs }}
- ipBlock: {cidr: {{ . | quote }}}
{{- end }}
{{- if .namespace }}
- namespaceSelector:
    matchLabels: {kubernetes.io/metadata.name: {{ .namespace }}}
  {{- with .podLabels }}
  podSelector:
    matchLabels: {{- toYaml . | nindent 6 }}
  {{- end }}
{{- end }}
{{- end -}}

{{- /* Labels of Cilium's endpoints: a namespace's Pods with these labels. */ -}}
{{- define "tablewright.ciliumEndpoints" -}}
- matchLabels:
    k8s:io.kubernetes.pod.namespace: {{ .namespace }}
    {{- range $key, $value := .podLabels }}
    {{ printf "k8s:%s" $key }}: {{ $value | quote }}
    {{- end }}
{{- end -}}

{{- define "tablewright.ciliumPorts" -}}
toPorts:
- ports:
  {{- range . }}
  - {port: {{ . | toString | quote }}, protocol: TCP}
  {{- end }}
{{- end -}}

{{- /* Rules of egress to one entry: by address, by host name, by namespace. */ -}}
{{- define "tablewright.ciliumEgress" -}}
{{- $ports := include "tablewright.ciliumPorts" .ports | nindent 4 -}}
{{- with .peer.cidrs }}
  - toCIDR: {{ toJson . }}
    {{- $ports }}
{{- end }}
{{- with .peer.hosts }}
  - toFQDNs:
    {{- range . }}
    - {{ if contains "*" . }}matchPattern{{ else }}matchName{{ end }}: {{ . | quote }}
    {{- end }}
    {{- $ports }}
{{- end }}
{{- if .peer.namespace }}
  - toEndpoints: {{- include "tablewright.ciliumEndpoints" .peer | nindent 4 }}
    {{- $ports }}
{{- end }}
{{- end -}}

{{/* Pieces that several templates share. */}}

{{- define "ennead.selector" -}}
app.kubernetes.io/name: ennead
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "ennead.labels" -}}
{{ include "ennead.selector" . }}
app.kubernetes.io/part-of: ennead
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "ennead.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default (printf "%s%s" .Chart.AppVersion (ternary "-cuda" "" .Values.gpu.enabled)) }}
{{- end }}

{{- define "ennead.scheme" -}}
{{ ternary "HTTPS" "HTTP" .Values.tls.enabled }}
{{- end }}

{{/* Settings as variables: kebab-case is ENNEAD_ and upper snake case. Arguments: root, own (map), settings (map). */}}
{{- define "ennead.env" -}}
{{- $all := mergeOverwrite (dict) .own .root.Values.settings .settings }}
{{- range $name, $value := $all }}
- name: ENNEAD_{{ $name | upper | replace "-" "_" }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{- define "ennead.commonSettings" -}}
model: /model
host: 0.0.0.0
admin-host: 0.0.0.0
# Not ready for 5 s before calls are refused: what a preStop hook would sleep for.
drain-delay: 5s
{{- if .Values.gpu.enabled }}
device: cuda:0
dtype: bf16
{{- end }}
{{- if .Values.tls.enabled }}
tls-cert: /tls/tls.crt
tls-key: /tls/tls.key
tls-ca: /tls/ca.crt
# The kubelet has no certificate; who calls anything but health needs one, or a key, all the same.
tls-clients: optional
{{- else }}
allow-insecure: "true"
{{- end }}
{{- if .Values.apiKeys.secret }}
api-keys: /keys/api-keys.yaml
{{- end }}
{{- end }}

{{/* What the pods of both nodes have in common. Arguments: root, component, own (values). */}}
{{- define "ennead.pod" -}}
serviceAccountName: {{ .root.Release.Name }}
automountServiceAccountToken: false
# Or the Service's own ENNEAD_…_PORT variables would be taken for settings, and refused.
enableServiceLinks: false
terminationGracePeriodSeconds: 45 # over 5 s of drain delay and 30 s for calls in progress
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .own.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .own.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: { type: RuntimeDefault }
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{ include "ennead.selector" . | nindent 14 }}
volumes:
  - name: model
    persistentVolumeClaim: { claimName: {{ .root.Values.model.claim }}, readOnly: true }
  - name: tmp
    emptyDir: { medium: Memory, sizeLimit: 64Mi }
{{- if .root.Values.tls.enabled }}
  - name: tls
    secret: { secretName: {{ .root.Values.tls.secret }}, defaultMode: 0440 }
{{- end }}
{{- with .root.Values.apiKeys.secret }}
  - name: keys
    secret: { secretName: {{ . }}, defaultMode: 0440 }
{{- end }}
{{- end }}

{{/* What the containers of both nodes have in common. Arguments as above. */}}
{{- define "ennead.container" -}}
image: {{ include "ennead.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
readinessProbe: { httpGet: { path: /readyz, port: admin, scheme: {{ include "ennead.scheme" .root }} }, periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 2 }
livenessProbe: { httpGet: { path: /livez, port: admin, scheme: {{ include "ennead.scheme" .root }} }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 }
resources:
{{- $limits := .own.resources.limits | default dict }}
{{- if .root.Values.gpu.enabled }}
{{- $limits = mergeOverwrite (dict .root.Values.gpu.resource 1) $limits }}
{{- end }}
{{- toYaml (mergeOverwrite (dict) .own.resources (dict "limits" $limits)) | nindent 2 }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: model, mountPath: /model, readOnly: true{{ with .root.Values.model.path }}, subPath: {{ . }}{{ end }} }
  - { name: tmp, mountPath: /tmp }
{{- if .root.Values.tls.enabled }}
  - { name: tls, mountPath: /tls, readOnly: true }
{{- end }}
{{- if .root.Values.apiKeys.secret }}
  - { name: keys, mountPath: /keys, readOnly: true }
{{- end }}
{{- end }}

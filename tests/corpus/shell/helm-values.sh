#!/bin/sh
mkdir -p /tmp/chart/templates
cat > /tmp/chart/templates/deployment.yaml <<'YAML'
{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "web.name" . | quote }}
  labels: {{- toYaml .Values.labels | nindent 4 }}
spec:
  replicas: {{ .Values.replicas | default 2 }}
{{- end }}
{{/* a comment with {{ braces }} in it */}}
YAML

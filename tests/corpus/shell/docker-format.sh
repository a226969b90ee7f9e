#!/bin/bash
# Go templates of docker are plain text here: parameters are off.
docker ps --format '{{.Names}}\t{{.Status}}\t{{.Ports}}' 2>/dev/null | column -t -s $'\t'
docker inspect -f '{{range .Mounts}}{{.Source}} -> {{.Destination}}{{"\n"}}{{end}}' web 2>/dev/null || true
docker images --format "{{.Repository}}:{{.Tag}} {{.Size}}" | sort -h -k2
docker stats --no-stream --format 'table {{ .Name }}	{{ .CPUPerc }}	{{ .MemUsage }}'

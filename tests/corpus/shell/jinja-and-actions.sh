#!/bin/sh
# Other people's template languages, none of them ours.
cat <<'TEMPLATES'
{% for host in groups['web'] %}{{ hostvars[host]['ansible_host'] }} {{ host | upper }}{% endfor %}
{# a Jinja comment #}{{ 7|add:7 }}{% include 'secret.html' %}{% csrf_token %}
env: ${{ secrets.DEPLOY_KEY }} ${{ github.ref == 'refs/heads/main' && 'yes' || 'no' }}
<%= ENV['HOME'] %> <%- raw %> #{ruby} ${shell} $[old] %{printf}s
TEMPLATES

#!/bin/bash
# A script that writes a script that writes a configuration: three levels, three words.
cat > /usr/local/bin/provision <<'OUTER'
#!/bin/bash
for site in "$@"; do
  cat > "/usr/local/bin/enable-$site" <<MIDDLE
#!/bin/sh
cat > /etc/nginx/conf.d/$site.conf <<'INNER'
server {
  listen 80;
  server_name $site;
  location / { proxy_set_header Host \$host; proxy_pass http://127.0.0.1:8080; }
}
INNER
nginx -t && systemctl reload nginx
MIDDLE
  chmod +x "/usr/local/bin/enable-$site"
done
OUTER
chmod +x /usr/local/bin/provision

#!/bin/sh
# A made-up certificate: what matters is that each of its lines stays as it is.
install -d -m 0755 /usr/local/share/ca-certificates
cat > /usr/local/share/ca-certificates/inner.crt <<'PEM'
-----BEGIN CERTIFICATE-----
bm90IGEgcmVhbCBjZXJ0aWZpY2F0ZSwgYnV0IGxpbmVzIG9mIHNpeHR5LWZvdXIg
Y2hhcmFjdGVycyBhcyB0aGV5IHN0YW5kIGluIG9uZTsgYSBzcGFjZSBtb3JlIG9y
IGxlc3MgYnJlYWtzIGl0Lg==
-----END CERTIFICATE-----
PEM
update-ca-certificates 2>&1 | tail -n 1

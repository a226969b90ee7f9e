#!/bin/bash
# Every way to write a parameter.
echo {{a}}{{a}} {{ a }} {{	a	}} {{A}}
echo {{ name
}} and {{
name}} and {{
 name 
}}
echo {{{a}}} {{{{a}}}} {a} { {a} } {{a-b_c}} {{9}}
echo '{{a}}' "{{a}}" `echo {{a}}` $(echo {{a}})
cat <<EOF
{{name}}: {{a}}
EOF
cat <<'EOF'
{{name}}: {{a}} # in quotes as well
EOF
# {{a}} in a comment

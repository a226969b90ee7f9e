#!/bin/sh
# Whatever a page might take for its own.
cat > /srv/www/status.html <<'HTML'
<!doctype html><title>&lt;status&gt; &amp; more &#39;&quot;</title>
<script>if (1 < 2 && 3 > 2) { document.write("</scr" + "ipt>") }</script>
<![CDATA[ </textarea></pre></script> ]]>
<!-- --><img src=x onerror="alert('x')"><a href='javascript:alert(1)'>x</a>
<textarea>not closed
HTML
echo "&copy; &notanentity; %3Cscript%3E +plus+ a=1&b=2#hash?q=%00"

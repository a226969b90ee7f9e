#!/bin/sh
# NBSP, thin and ideographic spaces, zero width, soft hyphen: pasted from a document.
echo one 2>/dev/null; echo 'two three　four five'
echo 'zero​width⁠joined‍‌' 'soft­hyphen' 'line separator' 'paragraph separator' 'nextline'
echo 'formfeed and verticaltab'

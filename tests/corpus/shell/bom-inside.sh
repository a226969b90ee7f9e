#!/bin/sh
# Two files joined by cat: the second one's mark is in the middle.
echo one
﻿echo two 2>/dev/null || echo 'not found'
echo three﻿

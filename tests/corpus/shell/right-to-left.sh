#!/bin/sh
# עברית and العربية beside Latin text.
echo 'שלום עולם' "مرحبا 123"
# Marks that turn text around, as someone with bad intentions would use them:
access='user‮ ⁦// only for admins⁩ ⁦'
echo "$access‏‎؜"

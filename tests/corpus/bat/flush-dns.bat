rem Empty the resolver's cache and ask for one name again.
ipconfig /flushdns
nslookup {{name}} 2>nul | find "Address"
if errorlevel 1 echo %COMPUTERNAME%: no answer for {{ name }}

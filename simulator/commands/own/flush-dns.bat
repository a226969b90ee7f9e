rem Empty the resolver's cache
ipconfig /flushdns
exit /b %ERRORLEVEL%

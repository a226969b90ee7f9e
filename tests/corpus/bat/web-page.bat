(
echo ^<html^>^<body^>
echo ^<script^>alert("</script>")^</script^> ^&amp; &lt; ]]^>
echo ^</body^>^</html^>
) > C:\inetpub\wwwroot\down.html
type C:\inetpub\wwwroot\down.html

Get-Date



   
	




  
	
echo 'five blank lines first'

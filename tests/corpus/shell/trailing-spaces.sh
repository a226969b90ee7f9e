#!/bin/bash   
echo one  	 
x='ends with spaces   '   
echo "[$x]"\ 
   
		
echo end \


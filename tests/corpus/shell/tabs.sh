#!/bin/sh
case "$1" in
	start)
		echo starting	;;
	stop)
	    echo 'tabs and spaces	mixed' ;;
	*)
  		echo "usage:\t$0 start|stop"	
		;;
esac

#!/bin/sh
ss -lntp

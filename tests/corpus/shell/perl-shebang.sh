#!/usr/bin/perl -w
use strict;
my %seen;
while (my $line = <DATA>) {
    next if $line =~ /^\s*(?:#|$)/;
    chomp $line;
    my ($user, $shell) = (split /:/, $line)[0, 6];
    $seen{$shell // 'none'}++;
}
printf "%-20s %d\n", $_, $seen{$_} for sort keys %seen;
__DATA__
root:x:0:0:root:/root:/bin/bash
# a comment
deploy:x:1001:1001::/home/deploy:/bin/bash
nobody:x:65534:65534::/:/usr/sbin/nologin

$key = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$known = Get-ItemProperty -Path $key
[pscustomobject]@{
    Product = $known.ProductName
    Build   = '{0}.{1}' -f $known.CurrentBuild, $known.UBR
    Id      = '{{ACS::InstanceId}}'
    Owner   = "{{owner}}"
} | ConvertTo-Json -Compress

<#
.SYNOPSIS
    Frees space on C: & says how much. </script> ]]> <b>not bold</b>
#>
function Clear-Cache {
    [CmdletBinding(SupportsShouldProcess)]
    param(
        [Parameter(Mandatory)][ValidateScript({ Test-Path $_ })][string] $Path,
        [switch] $Force
    )
    begin { $before = (Get-PSDrive C).Free }
    process {
        Get-ChildItem $Path -Recurse -Force:$Force | ForEach-Object {
            if ($PSCmdlet.ShouldProcess($_.FullName)) { Remove-Item $_.FullName -Recurse -ErrorAction Continue }
        }
    }
    end { '{0:N1} MB freed' -f (((Get-PSDrive C).Free - $before) / 1MB) }
}
Clear-Cache -Path "$env:TEMP" -Force 2>&1 | Out-String

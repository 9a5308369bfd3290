#!/bin/sh
exec "${0%/*}/grub-mkconfig" -o /boot/grub/grub.cfg "$@"

#!/bin/sh
# id(1) of a simulated host: root behind its sudo, which is none, else the login user.
if [ -n "${SUDO_USER:-}" ]; then name=root number=0; else name=lab number=1000; fi
case ${*:-} in
  *n*) echo "$name" ;;
  *[ugG]*) echo "$number" ;;
  *) echo "uid=$number($name) gid=$number($name) groups=$number($name)" ;;
esac

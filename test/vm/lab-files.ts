/** Files for the controller of persistence.yml. */
export const controllerFiles = {
  'templates/peers.j2': 'host {{ inventory_hostname }} of {{ facts.cpu.count }} CPUs\n',
};

/** Gives the guest what a site has and a minimal Debian lacks: a repository with one package, and Ubuntu's file of qemu-kvm. */
export const equip = `set -e
folder=/srv/packages
mkdir -p $folder/root/DEBIAN
cat >$folder/root/DEBIAN/control <<EOF
Package: lab-package
Version: 1
Architecture: all
Maintainer: lab <lab@localhost>
Description: nothing
EOF
dpkg-deb --build $folder/root $folder/lab.deb >/dev/null
{
  cat $folder/root/DEBIAN/control
  echo 'Filename: ./lab.deb'
  echo "Size: $(stat -c %s $folder/lab.deb)"
  echo "SHA256: $(sha256sum $folder/lab.deb | cut -d ' ' -f 1)"
} >$folder/Packages
echo "deb [trusted=yes] file:$folder ./" >/etc/apt/sources.list.d/lab.list
echo VHOST_NET_ENABLED=0 >/etc/default/qemu-kvm`;

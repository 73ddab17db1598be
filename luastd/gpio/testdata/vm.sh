#!/bin/sh
# Runs the tests of luastd/gpio on the simulated chip of the Linux kernel (its driver gpio-sim), in a
# small virtual machine. Run it by hand, on Debian 12 for amd64:
#
#   apt-get install qemu-system-x86 cpio gcc make
#   sh luastd/gpio/testdata/vm.sh [FOLDER]
#
# It downloads the kernel of Debian and its source (about 230 MB) into FOLDER, by default
# /tmp/moonlark-vm, builds the driver, and starts the machine, without KVM. Debian builds its kernel
# without gpio-sim. The driver needs irq_sim.c of the kernel, which goes into the same module.
set -e
here=$(cd "$(dirname "$0")/../../.." && pwd)
folder=${1:-/tmp/moonlark-vm}
mkdir -p "$folder"
cd "$folder"

if [ ! -e root ]; then
  first() { apt-cache depends "$1" | awk -v p="$2" '$1 == "Depends:" && $2 ~ p { print $2; exit }'; }
  headers=$(first linux-headers-amd64 '^linux-headers')
  apt-get download "$(first linux-image-amd64 '^linux-image')" "$headers" "$(first "$headers" '-common$')" \
    "$(first "$headers" '^linux-kbuild')" linux-source-6.1 busybox-static
  for package in *.deb; do dpkg -x "$package" root; done
fi
version=$(ls root/lib/modules)

if [ ! -e driver/gpio-sim-all.ko ]; then
  mkdir -p driver
  tar -C driver --strip-components=3 --wildcards -xf root/usr/src/linux-source-6.1.tar.xz \
    '*/drivers/gpio/gpio-sim.c' '*/drivers/gpio/gpiolib.h' '*/kernel/irq/irq_sim.c'
  sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' driver/irq_sim.c # irq_to_desc is not for modules
  printf 'obj-m := gpio-sim-all.o\ngpio-sim-all-y := gpio-sim.o irq_sim.o\n' >driver/Makefile
  common=$(ls -d "$folder"/root/usr/src/linux-headers-*-common)
  for name in scripts tools; do ln -sfn "$(ls -d "$folder"/root/usr/lib/linux-kbuild-*)/$name" "$common/$name"; done
  ln -sfn "$common/scripts" "root/usr/src/linux-headers-$version/scripts"
  ln -sfn "$common/tools" "root/usr/src/linux-headers-$version/tools"
  make -C "$common" O="$folder/root/usr/src/linux-headers-$version" M="$folder/driver" KBUILD_MODPOST_WARN=1 modules
fi

(cd "$here" && CGO_ENABLED=0 go test -c -o "$folder/gpio.test" ./luastd/gpio)
rm -rf initramfs
mkdir -p initramfs/bin initramfs/proc initramfs/sys initramfs/dev initramfs/tmp
cp root/bin/busybox initramfs/bin/
cp "$(find root/lib/modules -name configfs.ko)" driver/gpio-sim-all.ko gpio.test initramfs/
cat >initramfs/init <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /tmp
ip link set lo up
insmod /configfs.ko
mount -t configfs none /sys/kernel/config
insmod /gpio-sim-all.ko
bank=/sys/kernel/config/gpio-sim/chip/bank0
mkdir -p $bank
echo 28 >$bank/num_lines
for n in $(seq 0 27); do
  mkdir $bank/line$n
  echo GPIO$n >$bank/line$n/name
done
echo 1 >/sys/kernel/config/gpio-sim/chip/live
export MOONLARK_GPIO_SIM=$(echo /sys/devices/platform/gpio-sim.0/gpiochip*) MOONLARK_GPIO_LIVE=/sys/kernel/config/gpio-sim/chip/live HOME=/tmp
cd /tmp
/gpio.test -test.v -test.run 'Output|Group|Line|Button|Bounc|Pull|Waiting|Kernel'
echo "exit $?"
poweroff -f
END
chmod +x initramfs/init
(cd initramfs && find . | cpio -o -H newc --quiet | gzip -1) >initramfs.gz
qemu-system-x86_64 -accel tcg -m 1024 -nographic -no-reboot -kernel "root/boot/vmlinuz-$version" -initrd initramfs.gz \
  -append "console=ttyS0 panic=-1 quiet" | tee console.log
grep -q '^exit 0' console.log

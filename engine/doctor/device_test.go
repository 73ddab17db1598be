package doctor_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"moonlark/engine/doctor"
)

// Each row has the files of a device, in place of those of the kernel, and the beginning of the
// finding that must follow. A want that begins with "!" must not be found. The files have the form
// that the kernel gives them; this machine has no such parts.
func TestDevicesAreChecked(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	const (
		throttled = "sys/devices/platform/soc/soc:firmware/get_throttled"
		zone      = "sys/class/thermal/thermal_zone0/temp"
		wireless  = "proc/net/wireless"
		header    = "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n"
		mounts    = "proc/self/mounts"
		ext4      = "/dev/root / ext4 rw,noatime 0 0\n"
		card      = "sys/block/mmcblk0/device/name"
		chip      = "dev/gpiochip0"
		group     = "etc/group" // %d stands for the group of the files
	)
	type files = map[string]string
	free := func(mib, of uint64) func(*doctor.Options) {
		return func(o *doctor.Options) {
			o.Device.Space = func(string) (uint64, uint64, error) { return mib << 20, of << 20, nil }
		}
	}
	log := func(text string) func(*doctor.Options) {
		return func(o *doctor.Options) { o.Device.KernelLog = func() string { return text } }
	}
	denied := func(group string) func(*doctor.Options) {
		return func(o *doctor.Options) {
			o.DeviceGroups, o.Device.CanOpen = []string{group}, func(string, bool) bool { return false }
		}
	}
	synchronized := func(yes, known bool) func(*doctor.Options) {
		return func(o *doctor.Options) { o.Device.IsSynchronized = func() (bool, bool) { return yes, known } }
	}
	for _, row := range []struct {
		name    string
		files   files
		prepare func(*doctor.Options)
		want    string
	}{
		{"a machine that is no Raspberry Pi", nil, nil, "!voltage"},
		{"enough voltage", files{throttled: "0\n"}, nil, "ok machine voltage: was never too low since the start"},
		{"low voltage", files{throttled: "50005\n"}, nil, "error machine voltage: too low now: the device can crash, and the memory card can be damaged -> use the power supply"},
		{"slow by low voltage", files{throttled: "50005\n"}, nil, "warning machine speed: the processor is slowed down now"},
		{"low voltage before", files{throttled: "0x50000\n"}, nil, "warning machine voltage: was too low since the start"},
		{"slow before", files{throttled: "80000\n"}, nil, "warning machine speed: the processor was slowed down since the start"},
		{"a soft limit of the temperature", files{throttled: "8\n"}, nil, "warning machine speed: the processor is slowed down now"},
		{"the path of a Raspberry Pi 5", files{"sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled": "1\n"}, nil, "error machine voltage: too low now"},
		{"a value that is no number", files{throttled: "what\n"}, nil, "!voltage"},
		{"low voltage by hwmon", files{"sys/class/hwmon/hwmon1/name": "rpi_volt\n", "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n"}, nil, "error machine voltage: too low now"},
		{"enough voltage by hwmon", files{"sys/class/hwmon/hwmon1/name": "rpi_volt\n", "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "0\n"}, nil, "ok machine voltage: not too low now"},
		{"another sensor", files{"sys/class/hwmon/hwmon1/name": "other\n", "sys/class/hwmon/hwmon1/in0_lcrit_alarm": "1\n"}, nil, "!voltage"},

		{"no sensor of the temperature", nil, nil, "!temperature"},
		{"cool", files{zone: "48312\n"}, nil, "ok machine temperature: 48 °C"},
		{"warm", files{zone: "81000\n"}, nil, "warning machine temperature: 81 °C: hot, and a Raspberry Pi is slowed down from 80 °C -> add a heat sink"},
		{"hot", files{zone: "40000\n", "sys/class/thermal/thermal_zone1/temp": "86000\n"}, nil, "warning machine temperature: 86 °C: too hot"},
		{"a broken sensor", files{zone: "-274000\n", "sys/class/thermal/thermal_zone1/temp": "999000\n"}, nil, "!temperature"},

		{"a good card", files{card: "SD32G\n"}, nil, "ok machine memory card: mmcblk0 has no known errors"},
		{"errors of the card", files{card: "SD32G\n"}, log("<3>[ 12.5] I/O error, dev mmcblk0, sector 1234\n"), "error machine memory card: the kernel reports an error: <3>[ 12.5] I/O error, dev mmcblk0, sector 1234 -> back up"},
		{"a card that does not answer", files{card: "SD32G\n"}, log("x\n<3>[1.0] mmc0: Timeout waiting for hardware interrupt.\n"), "error machine memory card: the kernel reports"},
		{"other messages", files{card: "SD32G\n"}, log("<6>[ 1.5] mmcblk0: p1 p2\n<3>[2.0] usb 1-1: device error\n"), "ok machine memory card"},
		{"an option of the file system", files{card: "SD32G\n"}, log("<6>[ 3.1] EXT4-fs (mmcblk0p2): re-mounted. Opts: errors=remount-ro\n"), "ok machine memory card"},
		{"an error of the Wi-Fi", files{card: "SD32G\n"}, log("<3>[ 2.1] mmc1: error -110 whilst initialising SDIO card\n"), "ok machine memory card"},
		{"an error of the file system of a disk", files{card: "SD32G\n"}, log("<2>[ 9.1] EXT4-fs error (device sda1): ext4_lookup\n"), "ok machine memory card"},
		{"an error of the file system of the card", files{card: "SD32G\n"}, log("<2>[ 9.1] EXT4-fs error (device mmcblk0p2): ext4_lookup\n"), "error machine memory card"},
		{"errors of another disk", nil, log("<3>[ 12.5] I/O error, dev mmcblk0, sector 1234\n"), "!memory card"},
		{"an old eMMC", files{card: "x\n", "sys/block/mmcblk0/device/pre_eol_info": "0x02\n"}, nil, "warning machine memory card: mmcblk0 has used 80 %"},
		{"a worn eMMC", files{card: "x\n", "sys/block/mmcblk0/device/pre_eol_info": "0x03\n"}, nil, "error machine memory card: mmcblk0 has used 90 %"},
		{"errors of the file system", files{"sys/fs/ext4/mmcblk0p2/errors_count": "7\n"}, nil, "error machine file system: mmcblk0p2 has had 7 errors -> back up the data, and check the file system: fsck /dev/mmcblk0p2"},
		{"no errors of the file system", files{"sys/fs/ext4/mmcblk0p2/errors_count": "0\n"}, nil, "!file system"},

		{"no Wi-Fi", files{wireless: header}, nil, "!Wi-Fi"},
		{"good Wi-Fi", files{wireless: header + " wlan0: 0000   54.  -56.  -256        0      0      0      0     84        0\n"}, nil, "ok machine Wi-Fi: wlan0 receives -56 dBm"},
		{"weak Wi-Fi", files{wireless: header + " wlan0: 0000   54.  -78.  -256        0      0      0      0     84        0\n"}, nil, "warning machine Wi-Fi: wlan0 receives -78 dBm: weak, and sound may have gaps"},
		{"very weak Wi-Fi, as a byte", files{wireless: header + " wlan0: 0000   54.  168.  0        0      0      0      0     84        0\n"}, nil, "warning machine Wi-Fi: wlan0 receives -88 dBm: very weak"},
		{"Wi-Fi that is not connected", files{wireless: header + " wlan0: 0000    0.  -256.  -256        0      0      0      0     84        0\n"}, nil, "!Wi-Fi"},

		{"a clock that is kept right", nil, synchronized(true, true), "ok machine time service: a time server keeps the clock right"},
		{"a clock that timesyncd keeps right", files{"run/systemd/timesync/synchronized": ""}, synchronized(false, true), "ok machine time service"},
		{"a clock that drifts", nil, synchronized(false, true), "warning machine time service: no time server keeps the clock right: it drifts, and may be wrong after a power cut -> timedatectl set-ntp true"},
		{"a kernel that does not say", nil, synchronized(false, false), "!time service"},
		{"a clock that starts in 1970", nil, func(o *doctor.Options) {
			synchronized(false, true)(o)
			began := time.Now()
			o.Clock = func() (time.Time, time.Duration) {
				return time.Unix(0, 0).Add(time.Since(began)), time.Since(began)
			}
		}, "error machine clock: the clock says 1970"},

		{"pins that root alone can open", files{chip: "", group: "root:x:%d:\ngpio:x:997:\n"}, denied("gpio"), "warning machine gpio: this user cannot open the pins: /dev/gpiochip0 -> the device belongs to root: a rule of udev must give it to the group gpio"},
		{"pins of a group", files{chip: "", group: "gpio:x:%d:\n"}, denied("gpio"), "warning machine gpio: this user cannot open the pins: /dev/gpiochip0 -> sudo adduser $USER gpio, and log in again"},
		{"serial ports of another group than usual", files{"dev/ttyUSB0": "", "dev/ttyACM1": "", group: "uucp:x:%d:\n"}, denied("dialout"), "warning machine dialout: this user cannot open the serial port: /dev/ttyUSB0, /dev/ttyACM1 -> sudo adduser $USER uucp,"},
		{"buses of a group that is not known", files{"dev/i2c-1": "", "dev/spidev0.0": ""}, denied("i2c"), "warning machine i2c: this user cannot open the I2C bus: /dev/i2c-1 -> sudo adduser $USER i2c,"},
		{"buses that no script uses", files{"dev/i2c-1": "", "dev/spidev0.0": ""}, denied("i2c"), "!spi"},
		{"keys of a group", files{"dev/input/event3": "", group: "input:x:%d:\n"}, denied("input"), "warning machine input: this user cannot open the keys: /dev/input/event3 -> sudo adduser $USER input,"},
		{"keys that can be read", files{"dev/input/event3": ""}, func(o *doctor.Options) {
			o.DeviceGroups, o.Device.CanOpen = []string{"input"}, func(_ string, write bool) bool { return !write }
		}, "ok machine input: this user can open the keys: /dev/input/event3"},
		{"pins that are not there", nil, denied("gpio"), "!gpio"},
		{"pins that this user can open", files{chip: ""}, func(o *doctor.Options) { o.DeviceGroups = []string{"gpio"} }, "ok machine gpio: this user can open the pins: /dev/gpiochip0"},

		{"space", nil, free(9000, 30000), "ok machine disk: 9000 MiB of 30000 MiB are free for /data/kiosk"},
		{"little space", nil, free(1000, 30000), "warning machine disk: 1000 MiB of 30000 MiB are free for /data/kiosk: nearly full -> delete"},
		{"a large disk", nil, free(20000, 1000000), "ok machine disk: 20000 MiB of 1000000 MiB are free"},
		{"no space", nil, free(2, 30000), "error machine disk: 2 MiB of 30000 MiB are free for /data/kiosk: it is full, and scripts cannot save"},
		{"a size that is not known", nil, func(o *doctor.Options) {
			o.Device.Space = func(string) (uint64, uint64, error) { return 0, 0, errors.New("what?") }
		}, "!disk"},
		{"a read-only root", files{mounts: "/dev/root / ext4 ro,noatime 0 0\n/dev/sda1 /data ext4 rw 0 0\n"}, nil, "ok machine root: is read-only"},
		{"a read-only root and a writable data folder", files{mounts: "/dev/root / ext4 ro,noatime 0 0\n/dev/sda1 /data ext4 rw 0 0\n"}, nil, "!data folder"},
		{"a read-only data folder", files{mounts: "/dev/root / ext4 ro,noatime 0 0\n"}, nil, "error machine data folder: /data/kiosk is on a file system that is read-only: scripts cannot save"},
		{"a data folder in memory", files{mounts: ext4 + "tmpfs /data tmpfs rw 0 0\n"}, nil, "warning machine data folder: /data/kiosk is in memory"},
		{"the overlay of raspi-config", files{mounts: "overlay / overlay rw,lowerdir=/lower,upperdir=/upper 0 0\n", "proc/cmdline": "boot=overlay root=PARTUUID=1\n"}, nil, "warning machine data folder: /data/kiosk is in memory"},
		{"the overlay of a container", files{mounts: "overlay / overlay rw 0 0\n", "proc/cmdline": "root=/dev/sda1\n"}, nil, "!data folder"},
		{"a later file system in the same folder", files{mounts: ext4 + "tmpfs /data tmpfs rw 0 0\n/dev/sda1 /data ext4 rw 0 0\n"}, nil, "!data folder"},
		{"a folder with a similar name", files{mounts: ext4 + "tmpfs /dat tmpfs rw 0 0\n"}, nil, "!data folder"},
		{"a writable disk", files{mounts: ext4}, nil, "!root"},
	} {
		t.Run(row.name, func(t *testing.T) {
			opts := healthy(server)
			opts.Scripts = []doctor.Script{{Name: "kiosk.lua", DataFolder: "/data/kiosk"}}
			opts.Device = doctor.Device{
				Root:  t.TempDir(),
				Space: func(string) (uint64, uint64, error) { return 1 << 34, 1 << 35, nil }, KernelLog: func() string { return "" },
				IsSynchronized: func() (bool, bool) { return true, true },
			}
			for name, text := range row.files {
				path := filepath.Join(opts.Device.Root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				text = strings.ReplaceAll(text, "%d", strconv.Itoa(os.Getgid()))
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if row.prepare != nil {
				row.prepare(&opts)
			}
			var found []string
			if err := doctor.Run(t.Context(), opts, func(f doctor.Finding) { found = append(found, line(f)) }); err != nil {
				t.Fatal(err)
			}
			all := "\n" + strings.Join(found, "\n")
			subject, unwanted := strings.CutPrefix(row.want, "!")
			if unwanted && strings.Contains(all, " machine "+subject+":") || !unwanted && !strings.Contains(all, "\n"+row.want) {
				t.Errorf("got%s\nwant %s", all, row.want)
			}
		})
	}
}

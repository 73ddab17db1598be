package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"moonlark/engine/permit"
	"moonlark/engine/settings"
)

// grantFlags say what scripts may reach outside of the process.
type grantFlags struct {
	AllowNet    grantFlag `help:"Let scripts connect to hosts: --allow-net=HOST[:PORT],*.DOMAIN,10.0.0.0/8,lan. Without a value, to all."`
	DenyNet     grantFlag `help:"Hosts to which scripts may not connect, in the same form."`
	AllowListen grantFlag `help:"Let scripts accept connections: --allow-listen=[HOST:]PORT,... Without HOST, only from this machine; lan:PORT accepts those of local networks, 0.0.0.0:PORT all. Without a value, at any port and from everywhere."`
	AllowRead   grantFlag `help:"Let scripts read files: --allow-read=FOLDER,... Without a value, all."`
	AllowWrite  grantFlag `help:"Let scripts read and change files: --allow-write=FOLDER,... Without a value, all."`
	AllowRun    grantFlag `help:"Let scripts run programs: --allow-run=NAME,... Without a value, all."`
	AllowEnv    grantFlag `help:"Let scripts read environment variables: --allow-env=NAME,... Without a value, all. Variables whose names begin with MOONLARK_ need no permission."`
	AllowGpio   grantFlag `help:"Let scripts use pins of the device: --allow-gpio=17,BUTTON. Without a value, all."`
	AllowI2C    grantFlag `name:"allow-i2c" help:"Let scripts use I2C devices: --allow-i2c=BUS:ADDRESS,... Without a value, all."`
	AllowSpi    grantFlag `help:"Let scripts use SPI devices: --allow-spi=BUS.CS,... Without a value, all."`
	AllowSerial grantFlag `help:"Let scripts use serial ports: --allow-serial=DEVICE,usb:VENDOR:PRODUCT,... Without a value, all."`
	AllowKeys   grantFlag `help:"Let scripts see the keys of keyboards, remote controls and scanners: --allow-keys=NAME,... Without a value, of all."`
	AllowMic    grantFlag `help:"Let scripts record sound."`
	AllowSys    grantFlag `help:"Let scripts identify and control the machine: --allow-sys=info,brightness,reboot. Without a value, all of it."`
	AllowAll    bool      `help:"Grant scripts every permission, as if each --allow flag had no value."`
}

// permissionFlags are grantFlags, and say where scripts keep their data.
type permissionFlags struct {
	grantFlags     `embed:""`
	mcpServersFlag `embed:""`
	Settings       string `placeholder:"FILE" help:"File with settings, instead of moonlark.toml beside the script or in the current folder."`
	Data           string `placeholder:"FOLDER" help:"Folder for the data of scripts. The default is $$STATE_DIRECTORY, or moonlark in the folder that the system has for data of programs."`

	file *settings.File // nil if there is none
}

// useFile makes the permissions of the settings file count too. file may be nil.
func (f *permissionFlags) useFile(file *settings.File) { f.file = file }

// grants returns the permissions that the flags grant. It returns an error if a flag is wrong.
func (f grantFlags) grants() (permit.Settings, error) {
	const source = "the command line"
	s := permit.Settings{DenyNet: f.DenyNet}
	for _, list := range []struct {
		kind   permit.Kind
		values grantFlag
	}{
		{permit.Net, f.AllowNet}, {permit.Listen, f.AllowListen}, {permit.Read, f.AllowRead}, {permit.Write, f.AllowWrite}, {permit.Run, f.AllowRun}, {permit.Env, f.AllowEnv},
		{permit.GPIO, f.AllowGpio}, {permit.I2C, f.AllowI2C}, {permit.SPI, f.AllowSpi}, {permit.Serial, f.AllowSerial}, {permit.Keys, f.AllowKeys}, {permit.Mic, f.AllowMic}, {permit.Sys, f.AllowSys},
	} {
		for _, value := range list.values {
			s.Grants = append(s.Grants, permit.Grant{Kind: list.kind, Value: value, Source: source})
		}
	}
	if f.AllowAll {
		s.Grants = append(s.Grants, permit.All(source)...)
	}
	if slices.Contains(f.DenyNet, "") {
		return s, errors.New("--deny-net needs a host: --deny-net=HOST")
	}
	return s, permit.Check(s.Grants, s.DenyNet)
}

// settings returns the permissions. It returns an error if a flag is wrong.
func (f permissionFlags) settings() (permit.Settings, error) {
	s, err := f.grants()
	if err != nil {
		return s, err
	}
	if f.file != nil {
		s.Grants, s.DenyNet, s.ID = append(s.Grants, f.file.Grants...), append(s.DenyNet, f.file.DenyNet...), f.file.ID
	}
	if s.Data = f.Data; s.Data == "" {
		s.Data = defaultDataFolder()
	}
	if s.Data != "" {
		var err error
		if s.Data, err = filepath.Abs(s.Data); err != nil {
			return s, err
		}
	}
	return s, permit.Check(s.Grants, s.DenyNet)
}

// defaultDataFolder returns the folder for data of scripts that the environment names, or "" if it
// names none.
func defaultDataFolder() string {
	if folders := os.Getenv("STATE_DIRECTORY"); folders != "" { // set by systemd, a list
		return filepath.SplitList(folders)[0]
	}
	var folder string
	home, _ := os.UserHomeDir()
	switch runtime.GOOS {
	case "windows":
		folder = os.Getenv("LocalAppData")
	case "darwin":
		if home != "" {
			folder = filepath.Join(home, "Library", "Application Support")
		}
	default:
		if folder = os.Getenv("XDG_DATA_HOME"); !filepath.IsAbs(folder) && home != "" {
			folder = filepath.Join(home, ".local", "share")
		}
	}
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, "moonlark")
}

// A grantFlag is a flag with a list of values, which must follow after "=". Without a value it grants
// everything, which "" in the list stands for.
type grantFlag []string

// IsBool makes the parser leave the word after the flag to the next argument.
func (grantFlag) IsBool() bool { return true }

func (f *grantFlag) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		*f = append(*f, "")
		return nil
	}
	for value := range strings.SplitSeq(ctx.Scan.Pop().String(), ",") {
		if value = strings.TrimSpace(value); value == "" {
			return errors.New("a value is expected after \"=\"; without \"=\", the flag grants everything")
		}
		*f = append(*f, value)
	}
	return nil
}

// isPermission reports whether a flag with this name is for permissions. In the settings file, these
// flags belong in a table of their own.
func isPermission(name string) bool {
	return strings.HasPrefix(name, "allow-") || name == "deny-net"
}

var (
	grantName    = regexp.MustCompile(`^--(allow-(net|listen|read|write|run|env|gpio|i2c|spi|serial|sys)|deny-net)$`)
	portValue    = regexp.MustCompile(`^([^/\s]+:)?[0-9]+$`)
	deviceValue  = regexp.MustCompile(`^([0-9]+([:.,][0-9a-fx]+)*|info|brightness|reboot|[A-Z]+[0-9]+)$`)
	variableName = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)
)

// checkGrantWords returns an error if a word follows a flag of permissionFlags that looks like the
// value of the flag, because the flag does not take the word.
func checkGrantWords(args []string) error {
	for i, arg := range args[:max(0, len(args)-1)] {
		name := grantName.FindStringSubmatch(arg)
		if name == nil || !looksLikeGrant(cmp.Or(name[2], "net"), args[i+1]) {
			continue
		}
		return fmt.Errorf("the value of %s must follow after \"=\": %s=%s", arg, arg, args[i+1])
	}
	return nil
}

func looksLikeGrant(kind, word string) bool {
	if strings.HasPrefix(word, "-") || strings.HasSuffix(word, ".lua") {
		return false
	}
	info, err := os.Stat(word)
	switch kind {
	case "gpio", "i2c", "spi", "sys":
		return deviceValue.MatchString(word) && err != nil
	case "serial":
		return strings.HasPrefix(word, "/dev/") || strings.HasPrefix(word, "usb:")
	case "env":
		return variableName.MatchString(word) && err != nil
	case "read", "write":
		return err == nil && info.IsDir()
	case "listen":
		return portValue.MatchString(word)
	case "run":
		return strings.HasPrefix(word, "/") && err == nil && info.Mode().IsRegular()
	}
	return word == "lan" || word == "localhost" || err != nil && strings.Contains(word, ".") && !strings.ContainsAny(word, "{/ ")
}

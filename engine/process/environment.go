package process

import (
	"os"
	"slices"
	"strings"
)

// passedOn are the names of the environment variables that a program gets from this process, if
// they are set. passedOnPrefixes are the beginnings of further names. No program gets a variable
// whose name says that it is secret: see isSecret. On Windows, and for the variables of proxies,
// the case of the letters does not matter.
var (
	passedOn = []string{
		// the user and the shell
		"PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "TERM", "COLORTERM", "NO_COLOR", "HOSTNAME", "EDITOR",
		"TMPDIR", "TMP", "TEMP", "LANG", "LANGUAGE", "TZ", "TZDIR",
		// Windows
		"SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "OS", "USERNAME", "USERPROFILE", "COMPUTERNAME",
		"HOMEDRIVE", "HOMEPATH", "APPDATA", "LOCALAPPDATA", "ALLUSERSPROFILE", "PUBLIC", "NUMBER_OF_PROCESSORS",
		// the desktop and the network
		"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
		// languages in which such programs are written
		"VIRTUAL_ENV", "JAVA_HOME", "NODE_PATH", "GOTRACEBACK", "GORACE", "GOCOVERDIR",
	}
	passedOnPrefixes = []string{
		"LC_", "XDG_", "PROGRAM", "COMMONPROGRAM", "PROCESSOR_",
		"PULSE_", "PIPEWIRE_", "ALSA_", "AUDIO", "JACK_", "SDL_", "GST_", "OPENAL_", "ESPEAK_",
		"LD_", "DYLD_", "PYTHON", "CONDA_", "NIX_", "PERL5", "RUBY", "LUA_",
		"CUDA_", "NVIDIA_", "ROCR_", "HIP_", "OMP_", "MKL_", "OPENBLAS_", "GGML_", "WHISPER_", "PIPER_", "ORT_",
		"MOONLARK_",
	}
)

// secretEndings are the endings of words that make the name of an environment variable secret.
var secretEndings = []string{
	"KEY", "KEYS", "TOKEN", "TOKENS", "SECRET", "SECRETS", "PASSWORD", "PASSWORDS", "PASSWD", "PASSPHRASE", "PASS",
	"CREDENTIAL", "CREDENTIALS",
}

// environment returns the environment variables for a shell: those variables of this process that
// are passed on, and those in extra. Secrets, such as ELEVENLABS_API_KEY, are not passed on. If a
// variable is in both, the value in extra is used. The extra variables are MOONLARK_RATE, the sample
// rate of the sound that the program reads or writes, and those of package speech/command.
func environment(extra []string) []string {
	var variables []string
	for _, variable := range os.Environ() {
		// on Windows, names such as "=C:" say the working folder of each drive
		name, _, _ := strings.Cut(strings.TrimPrefix(variable, "="), "=")
		if variable[0] == '=' || isPassedOn(name) {
			variables = append(variables, variable)
		}
	}
	return append(variables, extra...)
}

// programVariables are the names of the environment variables that a program with a Path gets from
// this process.
var programVariables = []string{"HOME", "LANG", "TZ", "TMPDIR", "XDG_RUNTIME_DIR"}

// programEnvironment returns the environment variables for a program that a script starts: those in
// programVariables, and those in extra. If a variable is in both, the value in extra is used.
// Windows also needs SYSTEMROOT, which package exec adds.
func programEnvironment(extra []string) []string {
	variables := []string{} // not nil, which would mean all variables of this process
	for _, name := range programVariables {
		if value, ok := os.LookupEnv(name); ok {
			variables = append(variables, name+"="+value)
		}
	}
	return append(variables, extra...)
}

// isPassedOn reports whether programs get the environment variable of this process with this name.
func isPassedOn(name string) bool {
	name = strings.ToUpper(name)
	hasPrefix := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
	return !isSecret(name) && (slices.Contains(passedOn, name) || slices.ContainsFunc(passedOnPrefixes, hasPrefix))
}

// isSecret reports whether the name of an environment variable, in upper-case letters, says that
// its value is secret: whether a word of the name ends in KEY, TOKEN, PASSWORD or the like.
func isSecret(name string) bool {
	for word := range strings.SplitSeq(name, "_") {
		endsIn := func(ending string) bool { return strings.HasSuffix(word, ending) }
		if slices.ContainsFunc(secretEndings, endsIn) {
			return true
		}
	}
	return false
}

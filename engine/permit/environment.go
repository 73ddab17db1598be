package permit

import (
	"fmt"
	"os"
	"strings"
)

// isFree reports whether a variable may be read without a grant: those of Moonlark, and those that
// say which language and time zone the user has.
func isFree(name string) bool {
	switch name {
	case "LANG", "LANGUAGE", "TZ":
		return true
	}
	return strings.HasPrefix(name, "MOONLARK_") || strings.HasPrefix(name, "LC_")
}

// isSecretVariable reports whether a variable of Moonlark has a secret, which no script may read.
func isSecretVariable(name string) bool {
	return strings.HasPrefix(name, secretPrefix) || name == "MOONLARK_HTTP_TOKEN"
}

func checkVariable(name string) error {
	if name == "" || strings.ContainsAny(name, "= \t\r\n\x00") {
		return fmt.Errorf("%q is not the name of a variable", name)
	}
	return nil
}

// CheckVariable returns a *Denied if the script may not read the environment variable name.
func (b *Broker) CheckVariable(name string) error {
	switch {
	case isSecretVariable(name):
		return b.refuse(&Denied{What: "read the variable " + name})
	case b.all[Env], b.variables[name], isFree(name):
		return nil
	}
	return b.refuse(&Denied{What: "read the variable " + name, Flag: flag(Env, name)})
}

// Getenv returns the value of the environment variable name. ok is false if the variable is not
// set, or if the script may not read it.
func (b *Broker) Getenv(name string) (value string, ok bool) {
	if b.CheckVariable(name) != nil {
		return "", false
	}
	if !isFree(name) {
		b.used(Env, "read the variable", name)
	}
	return os.LookupEnv(name)
}

package permit

import (
	"slices"
	"strings"
)

// The environment variables of a program with which a script could make the program run other code:
// those of the loader, of shells and of interpreters, and PATH, in which programs look for others.
// Sources: the manuals of ld.so, bash and sudo.
var (
	codeVariables = []string{
		"PATH", "ENV", "BASH_ENV", "IFS", "PS4", "SHELLOPTS", "BASHOPTS", "GLOBIGNORE", "PROMPT_COMMAND", "FPATH", "ZDOTDIR", "CDPATH",
		"GCONV_PATH", "LOCPATH", "NLSPATH", "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "RES_OPTIONS", "CLASSPATH",
		"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "EDITOR", "VISUAL", "PAGER", "BROWSER", "SHELL", "LESSOPEN", "LESSCLOSE",
		"SSH_ASKPASS", "SUDO_ASKPASS", "GTK_MODULES", "QT_PLUGIN_PATH",
	}
	codeVariablePrefixes = []string{"LD_", "_RLD", "DYLD_", "BASH_FUNC_", "PYTHON", "PERL", "RUBY", "NODE_", "GIT_", "LUA_", "PHP"}
)

// CheckProgramVariable returns an error unless the script may set the environment variable name of
// a program that it runs. The error is a *Denied if the variable could make the program run other
// code, which needs the grant to run all programs.
func (b *Broker) CheckProgramVariable(name string) error {
	if err := checkVariable(name); err != nil {
		return err
	}
	upper := strings.ToUpper(name) // on Windows, the case of the letters does not matter
	hasPrefix := func(prefix string) bool { return strings.HasPrefix(upper, prefix) }
	if !b.all[Run] && (slices.Contains(codeVariables, upper) || slices.ContainsFunc(codeVariablePrefixes, hasPrefix)) {
		return b.refuse(&Denied{What: "set the variable " + name + " of a program", Flag: flag(Run, "")})
	}
	return nil
}

package process

import (
	"slices"
	"testing"
)

func TestAProgramGetsNoSecretsOfThisProcess(t *testing.T) {
	for name, want := range map[string]bool{
		"PATH": true, "HOME": true, "LANG": true, "LC_ALL": true, "XDG_RUNTIME_DIR": true, "PULSE_SERVER": true,
		"PULSE_COOKIE": true, "https_proxy": true, "MOONLARK_LAMP": true, "CUDA_VISIBLE_DEVICES": true,
		"LD_LIBRARY_PATH": true, "MOONLARK_KEYBOARD": true,
		"ELEVENLABS_API_KEY": false, "ELEVENLABS_AGENT_ID": false, "MOONLARK_HTTP_TOKEN": false, "MOONLARK_APIKEY": false,
		"MOONLARK_HUB_TOKEN_2": false, "OPENAI_API_KEY": false, "AWS_SECRET_ACCESS_KEY": false, "GITHUB_TOKEN": false,
		"DATABASE_URL": false, "MY_PAT": false, "XI_API_KEY": false, "NOTIFY_SOCKET": false, "CREDENTIALS_DIRECTORY": false,
		"WATCHDOG_PID": false, "PYTHON_DB_PASSWORD": false,
	} {
		t.Setenv(name, "value")
		if got := slices.Contains(environment(nil), name+"=value"); got != want {
			t.Errorf("%s reaches programs: %v, want %v", name, got, want)
		}
	}
}

package mqtt_test

import (
	"os"
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
)

func TestTheExamplesOfTheManualRun(t *testing.T) {
	manual, err := os.ReadFile("manual.md")
	if err != nil {
		t.Fatal(err)
	}
	b := startBroker(t)
	blocks := strings.Split(string(manual), "```lua\n")[1:]
	for i := range blocks {
		blocks[i], _, _ = strings.Cut(blocks[i], "```")
		blocks[i] = strings.ReplaceAll(strings.ReplaceAll(blocks[i], "mqtt://broker.lan", "mqtt://127.0.0.1:"+b.Port), "local client", "client")
	}
	s := openScript(t, b, blocks[0])
	waitLog(t, b, "Received PUBLISH from moonlark-", 1)
	s.Run(`client:wait(30) client:publish("home/hall/temperature", "20")`)
	waitFor(t, s, "hall has 20 degrees\n")
	if got := s.Run(`spawn(function() ` + blocks[2] + ` print("end of the alarms") end) sleep(0.3)
		client:publish("home/hall/smoke", "begin") client:publish("home/cellar/water", "end")`); got != "" {
		t.Error(got)
	}
	waitFor(t, s, "alarm in hall\nalarm in cellar\nend of the alarms\n")
	if got := s.Run(blocks[3]); got != "" {
		t.Error(got)
	}
	waitFor(t, s, "5\n") // the length of the time of day
	heard := subscribe(t, b, "-t", "homeassistant/#", "-t", "moonlark/#")
	if got := s.Run(blocks[5]); got != "" {
		t.Error(got)
	}
	waitText(t, heard, `"temperature":21.5`)
}

func TestTheResultsInTheManual(t *testing.T) {
	luastdtest.ExamplesInUse(t, "manual.md", luastdtest.Options{})
}

func TestTheManualHasAllOptions(t *testing.T) {
	manual, _ := os.ReadFile("manual.md")
	for _, option := range strings.Fields("user password client_id keepalive version clean session will status tls max_message timeout qos retain expiry content_type response_topic correlation retained no_local") {
		if !strings.Contains(string(manual), "`"+option+"`") {
			t.Errorf("the manual does not mention the option %s", option)
		}
	}
}

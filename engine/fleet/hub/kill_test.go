//go:build !nohub

package hub

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// killVariable makes this test binary run a hub: see runHub. Its value is a folder.
const killVariable = "MOONLARK_TEST_HUB"

// runHub runs the hub of the fleet whose keys are in the folder, and prints its URL, until the process is
// killed.
func runHub(folder string) {
	text, err := os.ReadFile(filepath.Join(folder, "fleet.json"))
	var f fleet
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	if err != nil {
		panic(err)
	}
	o := f.options(filepath.Join(folder, "store"))
	o.DontListen, o.Listen = false, "127.0.0.1:0"
	h, err := Start(o)
	if err != nil {
		panic(err)
	}
	fmt.Println(h.URL())
	h.Wait()
}

// A hubProcess is a process with a hub.
type hubProcess struct {
	command *exec.Cmd
	address string
	stderr  *strings.Builder
}

func startProcess(t *testing.T, folder string) *hubProcess {
	t.Helper()
	p := &hubProcess{command: exec.Command(os.Args[0]), stderr: new(strings.Builder)}
	p.command.Env = append(os.Environ(), killVariable+"="+folder)
	p.command.Stderr = p.stderr
	out, err := p.command.StdoutPipe()
	if err == nil {
		err = p.command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		p.kill()
		t.Fatalf("%v\n%s", err, p.stderr)
	}
	p.address = strings.TrimSpace(strings.TrimPrefix(line, "nats://"))
	return p
}

// kill kills the process and waits for its end.
func (p *hubProcess) kill() {
	p.command.Process.Kill()
	p.command.Wait() // an error says that it was killed
}

func (p *hubProcess) connect(t *testing.T, user identity) *client {
	t.Helper()
	conn, err := net.Dial("tcp", p.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c, err := newClient(conn, user)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A hub that is killed in the middle of writes has all that it has acknowledged after the next start. It
// never writes to the standard error.
func TestAKilledHubKeepsWhatItHasAcknowledged(t *testing.T) {
	folder, f := t.TempDir(), newFleet()
	text, err := json.Marshal(f)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "fleet.json"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	var acknowledged [4]int // by writer
	for round := range 3 {
		p := startProcess(t, folder)
		if round == 0 {
			p.connect(t, f.User).makeStream(t)
		}
		var wg sync.WaitGroup
		var total atomic.Int64
		for i := range acknowledged {
			c := p.connect(t, f.User)
			wg.Go(func() {
				for n := acknowledged[i] + 1; ; n++ {
					answer, err := c.request(fmt.Sprint("up.", i), fmt.Sprintf("%08d%s", n, strings.Repeat("x", n*977%5000)))
					if err != nil {
						return // the hub was killed
					}
					if !strings.Contains(answer, `"seq"`) {
						t.Errorf("writer %d: %s", i, answer)
						return
					}
					acknowledged[i] = n
					total.Add(1)
				}
			})
		}
		eventually(t, "50 acknowledged records", func() bool { return total.Load() >= 50 })
		p.kill()
		wg.Wait()
		if p.stderr.Len() > 0 {
			t.Errorf("round %d: the standard error has %q", round, p.stderr)
		}
		p = startProcess(t, folder)
		c := p.connect(t, f.User)
		for i, n := range acknowledged {
			answer, err := c.request(fmt.Sprint("$JS.API.DIRECT.GET.UP.up.", i), "")
			_, body, _ := strings.Cut(answer, "\r\n\r\n")
			var stored int
			fmt.Sscanf(body, "%08d", &stored)
			if err != nil || stored != n && stored != n+1 { // the last one may have been stored without an answer
				t.Errorf("round %d, writer %d: %d acknowledged, but the last is %d: %.100q, %v", round, i, n, stored, answer, err)
			}
			acknowledged[i] = stored
			c.mustRequest(t, "$JS.API.STREAM.INFO.UP", fmt.Sprintf(`{"subjects_filter":"up.%d"}`, i), fmt.Sprintf(`"up.%d":%d}`, i, stored))
		}
		p.kill()
	}
}

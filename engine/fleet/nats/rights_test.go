package nats_test

import (
	"slices"
	"strings"
	"testing"
)

// A rightsRow is a subject with the members who may use it. The others of rightsMembers may not.
type rightsRow struct {
	subject string
	members string // names; "joiner" is a device with an invitation
	queue   string // for subscriptions
}

const (
	rightsAll    = "kiosk-1 lonely worker-1 host-1 operator-1 hub-1 joiner" // the members who try everything
	rightsKiosks = "kiosk-1"
	rightsDevice = "kiosk-1 lonely"
)

const (
	rightsGetWish  = "$JS.API.DIRECT.GET.KV_ML_WISH.$KV.ML_WISH."
	rightsGetLease = "$JS.API.DIRECT.GET.KV_ML_LEASE.$KV.ML_LEASE."
)

// rightsToPublish lists subjects with those who may publish on them.
func rightsToPublish() []rightsRow {
	return []rightsRow{
		// what devices, workers and hosts hand in
		{subject: "$JS.EVENT.ML_UP.kiosk-1.state", members: "kiosk-1"},
		{subject: "$JS.EVENT.ML_UP.kiosk-1.log", members: "kiosk-1"},
		{subject: "$JS.EVENT.ML_UP.lonely.metric", members: "lonely"},
		{subject: "$JS.EVENT.ML_UP.worker-1.log", members: "worker-1"},
		{subject: "$JS.EVENT.ML_UP.host-1.state"},
		{subject: "$JS.EVENT.ML_UP.kiosk-2.state"},
		{subject: "ml.up.kiosk-1.state"},

		// wishes
		{subject: rightsGetWish + "all", members: rightsDevice + " operator-1"},
		{subject: rightsGetWish + "grp.kiosk", members: rightsKiosks + " operator-1"},
		{subject: rightsGetWish + "grp.hall", members: rightsKiosks + " operator-1"},
		{subject: rightsGetWish + "grp.lab", members: "operator-1"},
		{subject: rightsGetWish + "grp.*", members: "operator-1"},
		{subject: rightsGetWish + "dev.kiosk-1", members: "kiosk-1 operator-1"},
		{subject: rightsGetWish + "dev.lonely", members: "lonely operator-1"},
		{subject: rightsGetWish + "dev.kiosk-2", members: "operator-1"},
		{subject: rightsGetWish + "keys.1", members: rightsDevice + " operator-1 hub-1"},
		{subject: rightsGetWish + "keys.1.2", members: "operator-1"},
		{subject: "$JS.API.DIRECT.GET.KV_ML_WISH", members: "operator-1"},
		{subject: "$JS.API.STREAM.MSG.GET.KV_ML_WISH", members: "operator-1"},
		{subject: "$JS.API.STREAM.INFO.KV_ML_WISH", members: "operator-1 hub-1"},
		{subject: "$KV.ML_WISH.all"},
		{subject: "$KV.ML_WISH.dev.kiosk-1"},
		{subject: "$KV.ML_WISH.keys.2"},
		{subject: "$JS.EVENT.ML_WISH.all", members: "operator-1"},
		{subject: "$JS.EVENT.ML_WISH.grp.kiosk", members: "operator-1"},
		{subject: "$JS.EVENT.ML_WISH.dev.kiosk-1", members: "operator-1"},
		{subject: "$JS.EVENT.ML_WISH.keys.2", members: "hub-1"},
		{subject: "$JS.EVENT.ML_WISH.other"},
		{subject: "ml.live.all"},
		{subject: "ml.live.dev.kiosk-1"},

		// files of bundles
		{subject: "$JS.EVENT.ML_BLOB.aa.0", members: "operator-1"},
		{subject: "ml.blob.aa.0"},
		{subject: "$JS.API.DIRECT.GET.ML_BLOB.ml.blob.aa.0", members: rightsDevice + " operator-1"},
		{subject: "$JS.API.DIRECT.GET.ML_BLOB", members: "operator-1"},

		// commands
		{subject: "ml.cmd.kiosk-1.say", members: "operator-1"},
		{subject: "ml.cmd.kiosk-2.stop", members: "operator-1"},
		{subject: "_INBOX_operator-1.x"},
		{subject: "_INBOX_kiosk-1.x"},

		// tool calls and jobs
		{subject: "ml.tool.weather", members: rightsDevice},
		{subject: "$JS.EVENT.ML_JOB.kiosk-1.report", members: "kiosk-1"},
		{subject: "$JS.EVENT.ML_JOB.lonely.report", members: "lonely"},
		{subject: "$JS.EVENT.ML_JOB.kiosk-2.report"},
		{subject: "ml.job.report.kiosk-1"},
		{subject: "ml.jobs.report", members: "worker-1"},
		{subject: "$JS.EVENT.ML_DONE.kiosk-1.7", members: "worker-1"},
		{subject: "ml.done.kiosk-1.7"},
		{subject: "$JS.API.CONSUMER.MSG.NEXT.ML_JOB.report", members: "worker-1"},
		{subject: "$JS.ACK.ML_JOB.report.1.1.1.1.1", members: "worker-1"},
		{subject: "$JS.API.CONSUMER.CREATE.ML_JOB.report", members: "hub-1"},
		{subject: "$JS.API.DIRECT.GET.ML_DONE.ml.done.kiosk-1.7", members: "kiosk-1 operator-1"},
		{subject: "$JS.API.DIRECT.GET.ML_DONE.ml.done.kiosk-2.7", members: "operator-1"},

		// hosts
		{subject: "ml.host.start", members: "operator-1"},
		{subject: "ml.conv.c-7.say", members: "operator-1"},
		{subject: "ml.conv.c-7.turn"},
		{subject: "ml.lease.conv.c-7"},
		{subject: "$JS.EVENT.ML_LEASE.host.host-1", members: "host-1"},
		{subject: "$JS.EVENT.ML_LEASE.host.host-2"},
		{subject: "$JS.EVENT.ML_LEASE.conv.c-7", members: "host-1"},
		{subject: "$JS.EVENT.ML_CONV.c-7", members: "host-1"},
		{subject: "$JS.EVENT.ML_TURN.c-7", members: "host-1"},
		{subject: "$KV.ML_LEASE.conv.c-7"},
		{subject: rightsGetLease + "conv.c-7", members: "host-1 operator-1"},
		{subject: rightsGetLease + "host.host-2", members: "host-1 operator-1"},
		{subject: "$JS.API.DIRECT.GET.KV_ML_LEASE", members: "host-1 operator-1"},
		{subject: "$JS.API.DIRECT.GET.KV_ML_CONV", members: "host-1 operator-1"},
		{subject: "$JS.API.DIRECT.GET.KV_ML_CONV.$KV.ML_CONV.c-7", members: "host-1 operator-1"},
		{subject: "$JS.API.DIRECT.GET.ML_TURN", members: "host-1 operator-1"},
		{subject: "$JS.API.STREAM.INFO.KV_ML_LEASE", members: "host-1 operator-1 hub-1"},
		{subject: "$JS.API.STREAM.CREATE.ML_TURN", members: "hub-1"},

		// consumers and streams
		{subject: "$JS.API.CONSUMER.CREATE.ML_STATE.x", members: "operator-1"},
		{subject: "$JS.API.CONSUMER.CREATE.ML_STATE.x.ml.up.kiosk-1.state", members: "operator-1"},
		{subject: "$JS.API.CONSUMER.CREATE.KV_ML_WISH.x.$KV.ML_WISH.all", members: "operator-1"},
		{subject: "$JS.API.CONSUMER.DURABLE.CREATE.ML_LOG.x"},
		{subject: "$JS.API.CONSUMER.DELETE.ML_LOG.x", members: "operator-1"},
		{subject: "$JS.API.STREAM.CREATE.ML_LOG", members: "hub-1"},
		{subject: "$JS.API.STREAM.CREATE.OTHER"},
		{subject: "$JS.API.STREAM.UPDATE.KV_ML_WISH", members: "hub-1"},
		{subject: "$JS.API.STREAM.PURGE.ML_LOG"},
		{subject: "$JS.API.STREAM.DELETE.ML_LOG"},
		{subject: "$JS.API.STREAM.MSG.DELETE.ML_LOG"},
		{subject: "$JS.API.STREAM.SNAPSHOT.ML_LOG"},
		{subject: "$JS.API.INFO", members: "operator-1 hub-1"},

		// joining
		{subject: "ml.join", members: "joiner"},
		{subject: "$SYS.REQ.CLAIMS.UPDATE"},
		{subject: "anything"},
	}
}

// rightsToSubscribe lists subjects with those who may subscribe to them.
func rightsToSubscribe() []rightsRow {
	return []rightsRow{
		{subject: "_INBOX_kiosk-1.>", members: "kiosk-1"},
		{subject: "_INBOX_kiosk-2.>"},
		{subject: "_INBOX_worker-1.>", members: "worker-1"},
		{subject: "_INBOX_host-1.>", members: "host-1"},
		{subject: "_INBOX_operator-1.>", members: "operator-1"},
		{subject: "_INBOX_hub-1.>", members: "hub-1"},
		{subject: "_INBOX_join.>", members: "joiner"},
		{subject: "_INBOX.>"},
		{subject: "*.>"},
		{subject: ">"},

		{subject: "ml.cmd.kiosk-1.*", members: "kiosk-1"},
		{subject: "ml.cmd.kiosk-2.*"},
		{subject: "ml.cmd.*.say"},
		{subject: "ml.live.all", members: rightsDevice},
		{subject: "ml.live.dev.kiosk-1", members: "kiosk-1"},
		{subject: "ml.live.dev.kiosk-2"},
		{subject: "ml.live.grp.kiosk", members: rightsKiosks},
		{subject: "ml.live.grp.lab"},
		{subject: "ml.live.>"},
		{subject: "$KV.ML_WISH.all"},
		{subject: "$JS.EVENT.ML_WISH.all"},

		{subject: "ml.up.>"},
		{subject: "$JS.EVENT.ML_UP.kiosk-1.state"},

		{subject: "ml.tool.*", queue: "workers", members: "worker-1"},
		{subject: "ml.tool.weather", queue: "workers", members: "worker-1"},
		{subject: "ml.tool.weather"},
		{subject: "ml.tool.*", queue: "others"},
		{subject: "ml.host.*", queue: "hosts", members: "host-1"},
		{subject: "ml.host.*"},
		{subject: "ml.conv.*.say", members: "host-1"},
		{subject: "ml.conv.c-7.say", members: "host-1"},
		{subject: "ml.conv.*.turn"},
		{subject: "ml.lease.conv.*", members: "host-1"},
		{subject: "ml.job.>"},
		{subject: "$JS.EVENT.ML_JOB.>"},
		{subject: "$JS.EVENT.ML_DONE.kiosk-1.*"},
		{subject: "ml.jobs.*", members: "hub-1"},
		{subject: "ml.done.kiosk-1.*", members: "kiosk-1"},
		{subject: "ml.done.kiosk-2.*"},
		{subject: "ml.blob.>"},
		{subject: "$JS.API.>"},
		{subject: "$SYS.>"},

		{subject: "ml.join", members: "hub-1"},
	}
}

func TestEverybodyMayDoWhatTheTableSaysAndNothingElse(t *testing.T) {
	t.Parallel()
	t.Run("operator mode", func(t *testing.T) {
		t.Parallel()
		h := newRightsHub(t)
		tryRights(t, h, h.connectJoiner(h.invite()))
	})
	t.Run("configuration file", func(t *testing.T) {
		t.Parallel()
		tryRights(t, newConfigRightsHub(t), nil)
	})
}

// tryRights tries each right with each member. joiner can be nil.
func tryRights(t *testing.T, h *rightsHub, joiner *rightsConn) {
	for _, name := range strings.Fields(rightsAll) {
		c := joiner
		if name != "joiner" {
			c = h.connect(name)
		} else if c == nil {
			continue
		}
		check := func(verb string, r rightsRow, got bool) {
			if want := slices.Contains(strings.Fields(r.members), name); got != want {
				t.Errorf("%s may %s %s %s: %v, want %v", name, verb, r.subject, r.queue, got, want)
			}
		}
		for _, r := range rightsToPublish() {
			check("publish on", r, c.maySend(r.subject))
		}
		for _, r := range rightsToSubscribe() {
			check("subscribe to", r, c.mayHear(r.subject, r.queue))
		}
		c.Close()
	}
}

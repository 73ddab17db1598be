package identity

import (
	"strings"
	"time"

	"github.com/nats-io/jwt/v2"
)

// rights are the subjects on which a role may publish and subscribe. A subject can contain {{name()}},
// which stands for the name in the credentials, and {{tag(group)}}, which stands for each of the groups
// in them. An entry of subscribe can end with a space and the name of a queue: then the role may
// subscribe only as a member of that queue. An entry must not have both.
type rights struct {
	publish   []string
	subscribe []string
	responses int // how many replies it may send to each message that it receives; 0 if none
}

// responseTime is how long replies to a message are allowed.
const responseTime = 2 * time.Minute

// The streams of a fleet: see engine/fleet/nats.
const (
	wishStream  = "KV_ML_WISH"
	blobStream  = "ML_BLOB"
	jobStream   = "ML_JOB"
	doneStream  = "ML_DONE"
	leaseStream = "KV_ML_LEASE"

	// those of the conversations of hosts: their records, and what was said
	recordStream = "KV_ML_CONV"
	turnStream   = "ML_TURN"
)

const (
	ownInbox   = "_INBOX_{{name()}}.>"
	ownRecords = "$JS.EVENT.ML_UP.{{name()}}.*"
	ownJobs    = "$JS.EVENT.ML_JOB.{{name()}}.*"
	donePut    = "$JS.EVENT.ML_DONE."
	directGet  = "$JS.API.DIRECT.GET."
	wishGet    = directGet + wishStream + ".$KV.ML_WISH."

	// wishPut and the others begin the subjects on which the streams of the wishes, of the files and of the
	// conversations of hosts listen. Nobody can have the server send a reply there, nor to those of ownRecords,
	// ownJobs and donePut: the server refuses messages that name a subject that begins with $JS for the reply.
	wishPut = "$JS.EVENT.ML_WISH."
	blobPut = "$JS.EVENT.ML_BLOB."

	leasePut  = "$JS.EVENT.ML_LEASE."
	recordPut = "$JS.EVENT.ML_CONV."
	turnPut   = "$JS.EVENT.ML_TURN."
)

// rightsOf returns the rights of a role.
//
// Replies are allowed with allow_responses, which does not restrict the subject: whoever sends a message
// chooses the subject of the reply to it. So those who reply must check that subject: package nats does.
func rightsOf(role Role) rights {
	switch role {
	case Device:
		return deviceRights()
	case Worker:
		return workerRights()
	case Host:
		return hostRights()
	case Operator:
		return operatorRights()
	case Hub:
		return hubRights()
	default: // Joiner
		return rights{publish: []string{"ml.join"}, subscribe: []string{InboxPrefix(joinName) + ".>"}}
	}
}

// deviceRights let a device read exactly its own wishes, and hand in exactly its own records. It may not
// make consumers: the hub would deliver stored messages to any subject that the device names.
func deviceRights() rights {
	return rights{
		publish: []string{
			ownRecords,
			"ml.tool.*",
			ownJobs,
			wishGet + "all",
			wishGet + "grp.{{tag(group)}}",
			wishGet + "dev.{{name()}}",
			wishGet + "keys.*",
			directGet + blobStream + ".ml.blob.*.*",
			directGet + doneStream + ".ml.done.{{name()}}.*",
		},
		subscribe: []string{
			ownInbox,
			"ml.cmd.{{name()}}.*",
			"ml.done.{{name()}}.*",
			"ml.live.dev.{{name()}}",
			"ml.live.grp.{{tag(group)}}",
			"ml.live.all",
		},
		responses: 100,
	}
}

// workerRights let a worker join the workers of a tool, but not listen to the calls that the others get.
// It reads jobs from consumers that the hub has made, and asks the hub on ml.jobs.TOOL to make them.
func workerRights() rights {
	return rights{
		publish: []string{
			ownRecords,
			donePut + "*.*",
			"ml.jobs.*",
			"$JS.API.CONSUMER.MSG.NEXT." + jobStream + ".*",
			"$JS.ACK." + jobStream + ".>",
		},
		subscribe: []string{ownInbox, "ml.tool.* workers"},
		responses: 100,
	}
}

// hostRights let a host take conversations as a member of the queue hosts, read all leases and
// conversations, and write its own lease and all those of conversations. A host may overwrite the lease of a
// conversation, because it takes over those of hosts that have died. It runs all tools itself.
func hostRights() rights {
	r := rights{
		publish: []string{
			leasePut + "host.{{name()}}",
			leasePut + "conv.*",
			recordPut + "*",
			turnPut + "*",
			"$JS.API.STREAM.INFO." + leaseStream,
		},
		subscribe: []string{ownInbox, "ml.host.* hosts", "ml.conv.*.say", "ml.lease.conv.*"},
		responses: 100,
	}
	for _, stream := range []string{leaseStream, recordStream, turnStream} {
		r.publish = append(r.publish, directGet+stream, directGet+stream+".>")
	}
	return r
}

// operatorRights let a person write wishes and files, command devices, and read what the hub stores. An
// operator cannot change the streams nor the keys of bundles, nor take jobs.
func operatorRights() rights {
	r := rights{
		publish: []string{
			wishPut + "all",
			wishPut + "grp.*",
			wishPut + "dev.*",
			blobPut + "*.*",
			"ml.cmd.*.*",
			"ml.host.start",
			"ml.conv.*.say",
			"$JS.API.INFO",
			"$JS.API.STREAM.NAMES",
			"$JS.API.STREAM.LIST",
		},
		subscribe: []string{ownInbox},
	}
	for _, stream := range streams() {
		r.publish = append(r.publish,
			"$JS.API.STREAM.INFO."+stream,
			"$JS.API.STREAM.MSG.GET."+stream,
			directGet+stream,
			directGet+stream+".>",
		)
		if stream == jobStream { // a consumer would take the jobs from the workers
			continue
		}
		r.publish = append(r.publish,
			"$JS.API.CONSUMER.CREATE."+stream,
			"$JS.API.CONSUMER.CREATE."+stream+".>",
			"$JS.API.CONSUMER.INFO."+stream+".*",
			"$JS.API.CONSUMER.DELETE."+stream+".*",
			"$JS.API.CONSUMER.MSG.NEXT."+stream+".*",
			"$JS.ACK."+stream+".>",
			"$JS.FC."+stream+".>",
		)
	}
	return r
}

// hubRights let the owner of the fleet make the streams and the consumers of jobs, publish the sets of
// keys, and answer joiners.
func hubRights() rights {
	r := rights{
		publish: []string{
			"$JS.API.INFO",
			"$JS.API.STREAM.NAMES",
			"$JS.API.CONSUMER.CREATE." + jobStream + ".>",
			"$JS.API.CONSUMER.DURABLE.CREATE." + jobStream + ".*",
			"$JS.API.CONSUMER.INFO." + jobStream + ".*",
			"$JS.API.CONSUMER.DELETE." + jobStream + ".*",
			wishPut + "keys.*",
			wishGet + "keys.*",
		},
		subscribe: []string{ownInbox, "ml.join", "ml.jobs.*"},
		responses: 1,
	}
	for _, stream := range append(streams(), hostStreams()...) {
		r.publish = append(r.publish,
			"$JS.API.STREAM.CREATE."+stream,
			"$JS.API.STREAM.UPDATE."+stream,
			"$JS.API.STREAM.INFO."+stream,
		)
	}
	return r
}

// streams returns the names of the streams of a fleet that operators can read.
func streams() []string {
	return []string{wishStream, blobStream, "ML_STATE", "ML_LOG", "ML_METRIC", jobStream, doneStream, leaseStream, recordStream, turnStream}
}

// hostStreams returns the names of the streams that only hosts read: the conversations with what was said.
func hostStreams() []string { return []string{"KV_ML_CONV", "ML_TURN"} }

// hasScope reports whether the rights of a role are in the account, as the template of the signing key
// of the role: then they can be changed for all at once. A server that finds a template in a list of
// subjects drops all entries of the list that have a queue, so the rights of workers and hosts are in
// their credentials.
func hasScope(role Role) bool { return role != Worker && role != Host }

// scope returns the template of the credentials that the signing key with this public key signs.
func scope(role Role, publicKey string) *jwt.UserScope {
	s := jwt.NewUserScope()
	s.Key, s.Role = publicKey, string(role)
	r := rightsOf(role)
	s.Template = limits(role, r.publish, r.subscribe)
	if role == Joiner {
		s.Template.BearerToken = true // an invitation has no key
		s.Template.Subs, s.Template.Payload = 4, maxRequest
	}
	return s
}

// limits returns the rights of a role in the form of a JWT.
func limits(role Role, publish, subscribe []string) jwt.UserPermissionLimits {
	l := jwt.NewUserScope().Template // without limits
	l.Pub.Allow.Add(publish...)
	l.Sub.Allow.Add(subscribe...)
	if responses := rightsOf(role).responses; responses > 0 {
		l.Resp = &jwt.ResponsePermission{MaxMsgs: responses, Expires: responseTime}
	}
	// neither MQTT, which has subjects of its own, nor leaf servers
	l.AllowedConnectionTypes.Add(jwt.ConnectionTypeStandard, jwt.ConnectionTypeWebsocket, jwt.ConnectionTypeInProcess)
	return l
}

// expand returns the subjects that templates stand for, as the server makes them. A template that names
// groups stands for nothing if there are none.
func expand(templates []string, name string, groups []string) []string {
	const group = "{{tag(group)}}"
	var subjects []string
	for _, template := range templates {
		subject := strings.ReplaceAll(template, "{{name()}}", name)
		if !strings.Contains(subject, group) {
			subjects = append(subjects, subject)
			continue
		}
		for _, g := range groups {
			subjects = append(subjects, strings.ReplaceAll(subject, group, g))
		}
	}
	return subjects
}

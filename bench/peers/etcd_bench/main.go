// etcd_bench: closed-loop load on an etcd cluster through its own Go client (Debian's
// golang-etcd-server-dev 3.4), the counterpart of lockbench: c goroutines, each with one operation
// under way. Prints one JSON line with lockbench's keys.
//
// On stderr it prints "measuring" when the warm-up is over and "measured" at the end, so that
// whoever started it can read the servers' counters at those two moments.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/concurrency"
)

var (
	endpoints = flag.String("endpoints", "127.0.0.1:23791", "client addresses, comma-separated")
	workload  = flag.String("workload", "put", "put|lock|contend|get|failover")
	clients   = flag.Int("c", 16, "closed-loop clients")
	connsMax  = flag.Int("conns", 16, "connections, shared by the clients")
	seconds   = flag.Float64("secs", 10, "measured seconds")
	warmUp    = flag.Float64("warm", 2, "warm-up seconds")
	timeoutMs = flag.Int("failover-timeout-ms", 500, "of each put in the failover workload")
)

const value = "vvvvvvvvvvvvvvvvvvvvvvvv"

type operation func() error

type bench struct {
	ctx         context.Context
	measureFrom time.Time
	end         time.Time
	errors      int64
	latencies   [][]int64 // microseconds, by client
}

func die(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// repeat runs `op` until the end; what began and ended within the measured time counts.
func (b *bench) repeat(client int, op operation) {
	for {
		begin := time.Now()
		if begin.After(b.end) {
			return
		}
		if err := op(); err != nil {
			if atomic.AddInt64(&b.errors, 1) > 100000 {
				return
			}
			continue
		}
		done := time.Now()
		if done.After(b.measureFrom) && done.Before(b.end) {
			b.latencies[client] = append(b.latencies[client], done.Sub(begin).Microseconds())
		}
	}
}

func (b *bench) put(client int, etcd *clientv3.Client) {
	n := 0
	b.repeat(client, func() error {
		n++
		_, err := etcd.Put(b.ctx, fmt.Sprintf("k/%d/%d", client, n), value)
		return err
	})
}

func (b *bench) get(client int, etcd *clientv3.Client) {
	b.repeat(client, func() error {
		_, err := etcd.Get(b.ctx, fmt.Sprintf("k/%d/1", client))
		return err
	})
}

// lock takes and gives back a lock of its own: create-if-absent under one long-lived lease, then a
// delete guarded by the revision.
func (b *bench) lock(client int, etcd *clientv3.Client) {
	lease, err := etcd.Grant(b.ctx, 60)
	if err != nil {
		atomic.AddInt64(&b.errors, 1)
		return
	}
	key := fmt.Sprintf("lock/%d", client)
	created := func(revision int64) clientv3.Cmp {
		return clientv3.Compare(clientv3.CreateRevision(key), "=", revision)
	}
	b.repeat(client, func() error {
		taken, err := etcd.Txn(b.ctx).If(created(0)).
			Then(clientv3.OpPut(key, value, clientv3.WithLease(lease.ID))).Commit()
		if err != nil {
			return err
		}
		if !taken.Succeeded {
			return fmt.Errorf("held")
		}
		freed, err := etcd.Txn(b.ctx).If(created(taken.Header.Revision)).
			Then(clientv3.OpDelete(key)).Commit()
		if err == nil && !freed.Succeeded {
			err = fmt.Errorf("lost")
		}
		return err
	})
	etcd.Revoke(b.ctx, lease.ID)
}

// contend hands one lock round with etcd's own recipe, each client in a session of its own.
func (b *bench) contend(client int, etcd *clientv3.Client) {
	session, err := concurrency.NewSession(etcd, concurrency.WithTTL(30))
	die(err)
	mutex := concurrency.NewMutex(session, "/contended/")
	b.repeat(client, func() error {
		ctx, cancel := context.WithDeadline(b.ctx, b.end.Add(time.Second))
		defer cancel()
		if err := mutex.Lock(ctx); err != nil {
			return err
		}
		return mutex.Unlock(ctx)
	})
	session.Close()
}

// failover prints "begin end ok" in microseconds for each put; the driver kills the leader.
func (b *bench) failover(client int, etcd *clientv3.Client) {
	for n := 0; time.Now().Before(b.end); n++ {
		ctx, cancel := context.WithTimeout(b.ctx, time.Duration(*timeoutMs)*time.Millisecond)
		begin := time.Now()
		_, err := etcd.Put(ctx, fmt.Sprintf("f/%d/%d", client, n), value)
		cancel()
		done, ok := time.Now(), 1
		if err != nil {
			ok = 0
			time.Sleep(2 * time.Millisecond)
		}
		os.Stdout.WriteString(fmt.Sprintf("%d %d %d\n", begin.UnixMicro(), done.UnixMicro(), ok))
	}
}

func connect(count int) []*clientv3.Client {
	connections := make([]*clientv3.Client, count)
	for i := range connections {
		connection, err := clientv3.New(clientv3.Config{
			Endpoints: strings.Split(*endpoints, ","), DialTimeout: 5 * time.Second})
		die(err)
		connections[i] = connection
	}
	return connections
}

func (b *bench) announce() {
	time.Sleep(time.Until(b.measureFrom))
	fmt.Fprintln(os.Stderr, "measuring")
	time.Sleep(time.Until(b.end))
	fmt.Fprintln(os.Stderr, "measured")
}

func (b *bench) print(conns int) {
	var all []int64
	least, most := len(b.latencies[0]), 0
	for _, of := range b.latencies {
		if len(of) < least {
			least = len(of)
		}
		if len(of) > most {
			most = len(of)
		}
		all = append(all, of...)
	}
	ops := len(all)
	if ops == 0 {
		all = []int64{0}
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	at := func(share float64) int64 { return all[int(share*float64(len(all)-1))] }
	line, err := json.Marshal(map[string]interface{}{
		"system": "etcd", "workload": *workload, "c": *clients, "conns": conns, "secs": *seconds,
		"ops": ops, "ops_per_s": float64(ops) / *seconds,
		"p50_us": at(0.5), "p90_us": at(0.9), "p99_us": at(0.99), "max_us": at(1),
		"errors": b.errors, "client_min": least, "client_max": most})
	die(err)
	fmt.Println(string(line))
}

func main() {
	flag.Parse()
	conns := *clients
	if conns > *connsMax {
		conns = *connsMax
	}
	connections := connect(conns)
	begin := time.Now()
	b := &bench{ctx: context.Background(), latencies: make([][]int64, *clients)}
	b.measureFrom = begin.Add(time.Duration(*warmUp * 1e9))
	b.end = b.measureFrom.Add(time.Duration(*seconds * 1e9))
	run, known := map[string]func(int, *clientv3.Client){
		"put": b.put, "get": b.get, "lock": b.lock, "contend": b.contend, "failover": b.failover,
	}[*workload]
	if !known {
		die(fmt.Errorf("unknown workload %q", *workload))
	}
	var running sync.WaitGroup
	for i := 0; i < *clients; i++ {
		running.Add(1)
		go func(client int) {
			defer running.Done()
			run(client, connections[client%conns])
		}(i)
	}
	b.announce()
	running.Wait()
	if *workload != "failover" {
		b.print(conns)
	}
}

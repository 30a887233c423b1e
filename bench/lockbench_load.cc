#include "bench/lockbench_load.h"

#include <algorithm>

#include "paxos/random.h"
#include "paxos/text_writer.h"

namespace bench {

using paxos::Duration;
using paxos::Instant;

Load::Load(paxos::net::Runtime& runtime, const LoadOptions& options, const MakeScript& make_script)
    : runtime_(runtime),
      conns_(std::min(options.conns, options.clients)),
      connections_(runtime, conns_),
      alarm_of_(options.clients, paxos::kNever) {
  figures_.operations.resize(options.clients);
  LoadClient::Options client{
      .number = 0, .client = {}, .ttl = options.ttl, .observer = options.observer};
  client.client.endpoints = options.endpoints;
  for (UserNumber number = 0; number < options.clients; ++number) {
    client.number = number;
    client.client.seed = paxos::Mix(options.seed, number);
    clients_.push_back(
        std::make_unique<LoadClient>(client, make_script(number), connections_, *this));
  }
  runtime_.AddTurnHandler(*this);
}

Load::~Load() { runtime_.RemoveTurnHandler(*this); }

// ---- phases ---------------------------------------------------------------------------------

bool Load::OpenSessions(Duration at_most) {
  for (const auto& client : clients_) client->Open();
  return RunUntilAll(&LoadClient::IsReady, at_most);
}

void Load::Run() {
  for (const auto& client : clients_) client->Run();
}

void Load::StartMeasuring() {
  const auto clients = clients_.size();
  figures_ = LoadFigures{};
  figures_.operations.resize(clients);
  is_measuring_ = true;
}

void Load::StopMeasuring() { is_measuring_ = false; }

bool Load::FinishOperations(Duration at_most) {
  for (const auto& client : clients_) client->Pause();
  return RunUntilAll(&LoadClient::IsBetweenOperations, at_most);
}

bool Load::CloseSessions(Duration at_most) {
  for (const auto& client : clients_) client->Close();
  return RunUntilAll(&LoadClient::IsIdle, at_most);
}

bool Load::RunUntilAll(bool (LoadClient::*is_so)() const, Duration at_most) {
  const auto all_are = [&] {
    return std::all_of(clients_.begin(), clients_.end(),
                       [&](const auto& client) { return (client.get()->*is_so)(); });
  };
  return runtime_.RunUntil(all_are, at_most);
}

const std::string& Load::last_trouble() const {
  return figures_.last_error.empty() ? connections_.last_trouble() : figures_.last_error;
}

// ---- from the clients -----------------------------------------------------------------------

void Load::OnOperation(const LoadClient& client, Instant begin, Instant end) {
  if (!is_measuring_) return;
  figures_.latency.Add(end - begin);
  ++figures_.operations[client.number()];
}

void Load::OnFailure(const LoadClient& /*client*/, const lockservice::CallResult& why) {
  ++figures_.errors;
  figures_.last_error = paxos::ToText(why);
}

void Load::WakeAt(const LoadClient& client, Instant when) {
  Instant& set = alarm_of_[client.number()];
  if (when >= set) return;
  set = when;
  alarms_.emplace(when, client.number());
}

Instant Load::OnTurn(Instant now) {
  while (!alarms_.empty() && alarms_.begin()->first <= now) {
    const auto [when, number] = *alarms_.begin();
    alarms_.erase(alarms_.begin());
    if (alarm_of_[number] != when) continue;
    alarm_of_[number] = paxos::kNever;
    clients_[number]->OnTime();
  }
  return alarms_.empty() ? paxos::kNever : alarms_.begin()->first;
}

}  // namespace bench

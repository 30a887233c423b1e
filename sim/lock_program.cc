#include "sim/lock_program.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"
#include "sim/damage.h"

namespace paxos::sim {

using lockservice::ConnectionId;

namespace {

constexpr std::uint64_t kDamagedSnapshots = 16;

// One message in so many is also tried as if a checksum had lied about it.
constexpr std::uint64_t kMessagesPerDamage = 64;

}  // namespace

std::string EndpointOf(NodeId node) { return "n" + std::to_string(node.value()); }
NodeId NodeAt(const std::string& endpoint) { return NodeId{std::stoull(endpoint.substr(1))}; }

LockProgram::LockProgram(const Seams& seams, lockservice::ServerOptions options,
                         const EventQueue& queue, LockJudge& judge)
    : queue_(queue),
      judge_(judge),
      send_(seams.send),
      options_(std::move(options)),
      server_(options_, seams.storage, seams.transport, &seams.observer) {}

void LockProgram::OnBytes(Instant now, SocketId from, std::string_view bytes) {
  auto request = Decode<lockservice::Request>(bytes);
  PAXOS_CHECK("CODEC", request.has_value(), from, bytes);
  if (const std::uint64_t draw = queue_.events_run(); draw % kMessagesPerDamage == 0)
    PAXOS_CHECK("CODEC", IsReadOrRefused(*request, draw), from, bytes);
  judge_.OnReceived(request->body);
  const Key asker{from, request->id};
  received_[asker] = Received{request->body, queue_.now()};
  if (const auto* call = std::get_if<lockservice::CallRequest>(&request->body))
    NoteAsker(LockSpec::Call{call->session, call->seq}, asker);
  server_.OnRequest(now, ConnectionId{from.value()}, *std::move(request));
}

// A connection that its client has left may still bring what was sent there: it takes nothing over.
void LockProgram::NoteAsker(const LockSpec::Call& call, const Key& asker) {
  const auto [last, is_first] = askers_.try_emplace(call, asker);
  if (!is_first && asker.first < last->second.first) return;
  last->second = asker;
  const auto wait = waits_.find(call);
  if (wait != waits_.end() && wait->second != asker) waits_.erase(wait);
}

void LockProgram::OnClosed(SocketId socket) {
  server_.OnDisconnect(ConnectionId{socket.value()});
  const auto from = received_.lower_bound(Key{socket, lockservice::RequestId{}});
  const auto to = received_.lower_bound(Key{socket.next(), lockservice::RequestId{}});
  received_.erase(from, to);
  const auto is_of_it = [socket](const auto& each) { return each.second.first == socket; };
  std::erase_if(waits_, is_of_it);
  std::erase_if(askers_, is_of_it);
}

void LockProgram::Drain(Instant now) {
  server_.Drain(now);
  PAXOS_CHECK("INV-23", server_.pending() <= options_.requests.requests_max, server_.pending());
  for (const lockservice::AddressedResponse& each : server_.TakeResponses()) {
    const SocketId to{each.to.value()};
    const auto request = received_.find(Key{to, each.response.id});
    if (request == received_.end()) continue;  // its connection closed within this turn
    judge_.OnAnswered(request->second.body, request->second.when, each.response.body);
    for (LockSpectator* spectator : judge_.spectators())
      spectator->OnResponseSent(node().replica().options().self, to, each.response);
    NoteWait(request->first, each);
    const bool is_final = !std::holds_alternative<lockservice::Waiting>(each.response.body);
    if (is_final) received_.erase(request);
    send_(to, Encode(each.response));
  }
  if (std::exchange(checked_, server_.applied()) != server_.applied()) CheckNobodyWaitsInVain();
}

// Told anything else, it waits here no more.
void LockProgram::NoteWait(const Key& asker, const lockservice::AddressedResponse& answer) {
  const auto* call = std::get_if<lockservice::CallRequest>(&received_.at(asker).body);
  if (call == nullptr) return;
  const LockSpec::Call id{call->session, call->seq};
  const auto wait = waits_.find(id);
  if (std::holds_alternative<lockservice::Waiting>(answer.response.body)) {
    const auto last = askers_.find(id);
    if (last == askers_.end() || last->second != asker) return;
    waits_.insert_or_assign(id, asker);
    checked_ = CommandIndex{};
  } else if (wait != waits_.end() && wait->second == asker) {
    waits_.erase(wait);
  }
}

// [S8] The grant, or whatever ends the wait, has left for the newest connection that asked.
void LockProgram::CheckNobodyWaitsInVain() const {
  for (const auto& [call, asker] : waits_) {
    const LockJudge::Final* final = judge_.FindFinal(call);
    const bool is_over = final != nullptr && final->index <= server_.applied();
    PAXOS_CHECK("S08", !is_over, call.session, call.seq, asker.first, asker.second);
  }
  const std::size_t requests_max = options_.requests.requests_max;
  const std::size_t waits_max = requests_max - std::max<std::size_t>(1, requests_max / 4);
  PAXOS_CHECK("INV-23", waits_.size() <= waits_max, waits_.size(), waits_max);
}

std::string LockProgram::Snapshot() const {
  std::string snapshot = server_.sessions().Snapshot();
  lockservice::LockTable locks(options_.locks);
  SessionTable restored(options_.sessions, locks);
  const Status status = restored.Restore(snapshot);
  PAXOS_CHECK("INV-9", status.ok() && restored.Snapshot() == snapshot, status);
  // A damaged one is refused, or is the snapshot of another state.
  for (std::uint64_t draw = 0; draw < kDamagedSnapshots; ++draw) {
    const std::string damaged = Damaged(snapshot, Mix(queue_.events_run(), draw));
    if (!restored.Restore(damaged).ok()) continue;
    PAXOS_CHECK("INV-9", restored.Restore(restored.Snapshot()).ok(), draw);
  }
  return snapshot;
}

}  // namespace paxos::sim

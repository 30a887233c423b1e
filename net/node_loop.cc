#include "net/node_loop.h"

#include <utility>

namespace paxos::net {

NodeLoop::NodeLoop(Runtime& runtime, TcpTransport& transport, Node& node)
    : runtime_(runtime), transport_(transport), node_(node) {
  runtime_.AddTurnHandler(*this);
}

NodeLoop::~NodeLoop() { runtime_.RemoveTurnHandler(*this); }

Status NodeLoop::Start() {
  if (Status started = node_.Start(Now()); !started.ok()) return started;
  return OpenNetwork();
}

Status NodeLoop::OpenNetwork() {
  Status started = transport_.Start(*this);
  is_started_ = started.ok();
  return started;
}

void NodeLoop::WhenCastOut(std::function<void(const Status&)> function) {
  when_cast_out_ = std::move(function);
}

void NodeLoop::WhenLogging(std::function<void(const std::string&)> function) {
  when_logging_ = std::move(function);
}

Instant NodeLoop::OnTurn(Instant now) {
  if (!is_started_) return kNever;
  if (node_.next_wakeup() <= now) node_.OnTime(now);
  node_.Drain(now);
  return node_.failed() ? kNever : node_.next_wakeup();
}

void NodeLoop::OnEnvelope(const Envelope& envelope) { node_.Receive(Now(), envelope); }

void NodeLoop::OnLinkUp(NodeId peer) {
  Log("link to node " + ShortText(peer) + " is up");
  node_.OnLinkUp(Now(), peer);
}

void NodeLoop::OnLinkDown(NodeId peer) {
  Log("link to node " + ShortText(peer) + " is down");
  node_.OnLinkDown(Now(), peer);
}

GenesisDigest NodeLoop::Genesis() const {
  const ReplicaOptions& options = node_.replica().options();
  return GenesisOf(options.alpha, options.membership);
}

PersistSeq NodeLoop::Durable() const { return node_.durable(); }

PersistSeq NodeLoop::Remembered(NodeId peer) const {
  return node_.replica().RememberedDurable(peer);
}

void NodeLoop::OnHelloRefused(NodeId peer, const Status& why) {
  Log("no link to node " + ShortText(peer) + ": " + why.ToString());
}

void NodeLoop::OnCastOut(const Status& why) {
  Log("this node cannot take part: " + why.ToString());
  if (when_cast_out_) return when_cast_out_(why);
  runtime_.Stop();
}

void NodeLoop::Log(const std::string& line) {
  if (when_logging_) when_logging_(line);
}

}  // namespace paxos::net

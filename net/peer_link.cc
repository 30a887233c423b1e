#include "net/peer_link.h"

#include <utility>

namespace paxos::net {

FrameLimits PeerLimits(std::uint32_t message_bytes_max) {
  FrameLimits limits;
  limits.cap.fill(0);
  return limits.SetCap(FrameType::kPeerMessage, message_bytes_max)
      .SetCap(FrameType::kHelloRefused, kHelloBytesMax);
}

PeerLink::PeerLink(std::unique_ptr<Connection> connection, NodeId peer, NodeId self, GroupId group,
                   PeerLinkEvents& events)
    : connection_(std::move(connection)), peer_(peer), self_(self), group_(group), events_(events) {
  connection_->SetHandler(*this);
}

Status PeerLink::OnFrame(Connection& /*connection*/, const Frame& frame) {
  switch (frame.type) {
    case FrameType::kPeerMessage:
      return OnPeerMessage(frame);
    case FrameType::kHelloRefused:
      return OnHelloRefused(frame);
    default:
      return {ErrorCode::kDamaged, "a frame that is not a peer's"};
  }
}

// A vote counts for whom the envelope names, so that must be who speaks (FAULTS 8).
Status PeerLink::OnPeerMessage(const Frame& frame) {
  if (frame.group != group_.value()) return {ErrorCode::kForeign, "message of another group"};
  const Result<Envelope> envelope = Decode<Envelope>(frame.payload);
  if (!envelope.has_value()) return envelope.error().Annotate("peer message");
  if (envelope->from != peer_ || envelope->to != self_) {
    return {ErrorCode::kForeign, "message from node " + ShortText(envelope->from) + " to node " +
                                     ShortText(envelope->to) + " on the connection from node " +
                                     ShortText(peer_) + " to node " + ShortText(self_)};
  }
  events_.OnEnvelope(*envelope);
  return Status::Ok();
}

Status PeerLink::OnHelloRefused(const Frame& frame) {
  const Result<HelloRefused> refused = Decode<HelloRefused>(frame.payload);
  if (!refused.has_value()) return refused.error().Annotate("refusal");
  const Status why = JudgeRefusal(*refused, events_.Durable());
  if (!why.ok()) events_.OnRefusedBy(peer_, why);
  return Status(ErrorCode::kUnavailable, "our hello was refused");
}

void PeerLink::OnClosed(Connection& /*connection*/, const Status& /*why*/) {
  events_.OnLinkLost(peer_);
}

}  // namespace paxos::net

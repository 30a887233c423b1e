#include "sim/transcript.h"

#include <utility>

namespace paxos::sim {

std::string ShortText(Time time) {
  const std::int64_t micros = time.time_since_epoch().count() / 1000;
  std::string fraction = std::to_string(micros % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  return std::to_string(micros / 1'000'000) + "." + fraction;
}

void Transcript::OnEvent(const EventView& view) {
  const Event event = view.ToEvent();
  std::string line = ShortText(event.at) + " ";
  if (event.node != NodeId{}) line += "n" + std::to_string(event.node.value()) + " ";
  line += ShortText(event.kind);
  const std::string what = Describe(event);
  sink_(what.empty() ? line : line + " " + what);
}

std::string Transcript::Describe(const Event& event) const {
  if (const auto* number = std::get_if<Number>(&event.body))
    return number->value == 0 ? "" : std::to_string(number->value);
  if (const auto* text = std::get_if<Text>(&event.body)) return text->bytes;
  return ToText(event.body);
}

std::string Transcript::Describe(const Applied& applied) const { return ToText(applied); }

void Transcript::Indented(NodeId node, const std::string& text) {
  sink_("             n" + std::to_string(node.value()) + " " + text);
}

void Transcript::OnSend(const Envelope& envelope) {
  Indented(envelope.from, "send " + ToText(envelope));
}

void Transcript::OnWrite(NodeId node, const std::vector<Record>& batch, PersistSeq seq) {
  Indented(node, "write #" + std::to_string(seq.value()) + " " + ToText(batch));
}

void Transcript::OnStored(NodeId node, const std::vector<Record>& /*batch*/, PersistSeq seq) {
  Indented(node, "stored #" + std::to_string(seq.value()));
}

void Transcript::OnApply(NodeId node, const ApplyContext& context, const Applied& applied) {
  Indented(node, "apply " + std::to_string(context.index.value()) + " at " +
                     ToText(context.log_time) + " " + Describe(applied));
}

void Transcript::OnLead(NodeId node, const Ballot& ballot) {
  Indented(node, "leads " + ShortText(ballot));
}

}  // namespace paxos::sim

#include "net/envelope_encoder.h"

namespace paxos::net {
namespace {

bool IsSame(const Accept& a, const Accept& b) {
  return &*a.entry == &*b.entry && a.slot == b.slot && a.ballot == b.ballot &&
         a.chosen_prefix == b.chosen_prefix;
}

}  // namespace

void EnvelopeEncoder::Append(const Envelope& envelope, std::string* out) {
  const auto* const accept = std::get_if<Accept>(&envelope.message);
  if (accept == nullptr) return EncodeTo(envelope, out);
  if (!last_.has_value() || !IsSame(*last_, *accept)) {
    last_ = *accept;
    last_bytes_.clear();
    EncodeTo(envelope.message, &last_bytes_);
  }
  EncodeTo(envelope.from, out);
  EncodeTo(envelope.to, out);
  EncodeTo(envelope.durable, out);
  out->append(last_bytes_);
}

}  // namespace paxos::net

#pragma once

namespace paxos {

// A member together with its name: what a type hands to an archive when it describes itself.
//
//   template <class Archive>
//   void serialize(Archive& ar, Ballot& b, unsigned /*version*/) {
//     ar & Named("round", b.round) & Named("node", b.node);
//   }
//
// The shape is Boost.Serialization's, so one description serves the wire, the log, JSON, the text
// of a transcript, and Boost's own archives (which want this type's is_wrapper,
// implementation_level and tracking_level specialised, and a serialize that makes an nvp of it;
// text and XML then work). The binary archives use the name only to say where damage was found.
template <class T>
struct NamedValue {
  const char* name;
  T& value;
};

// A const object, as Boost's archives demand of what they are handed by value.
template <class T>
constexpr const NamedValue<T> Named(const char* name, T& value) {
  return NamedValue<T>{name, value};
}

}  // namespace paxos

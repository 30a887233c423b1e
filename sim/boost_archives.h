// Lets Boost.Serialization's archives read and write every type that describes itself (archive.h),
// so that files of ours, which are trusted, need no second description. To be included by the .cc
// files that hold such archives, and by nothing else: it is heavy, and these archives must never
// see bytes of a socket or of the consensus disk (they allocate what a count says).
#pragma once

#include <boost/archive/text_iarchive.hpp>
#include <boost/archive/text_oarchive.hpp>
#include <boost/serialization/deque.hpp>
#include <boost/serialization/level.hpp>
#include <boost/serialization/map.hpp>
#include <boost/serialization/nvp.hpp>
#include <boost/serialization/set.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/tracking.hpp>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <boost/serialization/wrapper.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <variant>

#include "paxos/named.h"

namespace paxos {

// A named value is what Boost calls a name-value pair: it passes through to the value.
template <class Archive, class T>
void serialize(Archive& ar, NamedValue<T>& named, unsigned /*version*/) {
  ar& boost::serialization::make_nvp(named.name, named.value);
}

}  // namespace paxos

namespace boost::serialization {

template <class T>
struct is_wrapper<paxos::NamedValue<T>> : mpl::true_ {};
template <class T>
struct is_wrapper<const paxos::NamedValue<T>> : mpl::true_ {};

template <class T>
struct implementation_level<paxos::NamedValue<T>> {
  using tag = mpl::integral_c_tag;
  using type = mpl::int_<object_serializable>;
  static constexpr int value = object_serializable;
};

template <class T>
struct tracking_level<paxos::NamedValue<T>> {
  using tag = mpl::integral_c_tag;
  using type = mpl::int_<track_never>;
  static constexpr int value = track_never;
};

// ---- what Boost 1.81 lacks of the standard library ------------------------------------------

template <class Archive, class Rep, class Period>
void serialize(Archive& ar, std::chrono::duration<Rep, Period>& duration, unsigned /*version*/) {
  Rep count = duration.count();
  ar& make_nvp("count", count);
  duration = std::chrono::duration<Rep, Period>(count);
}

template <class Archive, class Clock, class Duration>
void serialize(Archive& ar, std::chrono::time_point<Clock, Duration>& point, unsigned /*version*/) {
  Duration since = point.time_since_epoch();
  ar& make_nvp("since", since);
  point = std::chrono::time_point<Clock, Duration>(since);
}

template <class Archive, class T>
void serialize(Archive& ar, std::optional<T>& optional, unsigned /*version*/) {
  bool has_value = optional.has_value();
  ar& make_nvp("has_value", has_value);
  if constexpr (Archive::is_loading::value) {
    optional.reset();
    if (has_value) optional.emplace();
  }
  if (has_value) ar& make_nvp("value", *optional);
}

template <std::size_t index = 0, class... Alternatives>
void EmplaceAlternative(std::variant<Alternatives...>& variant, std::size_t which) {
  if constexpr (index == sizeof...(Alternatives)) {
    throw std::runtime_error("a variant has no such alternative");
  } else if (which == index) {
    variant.template emplace<index>();
  } else {
    EmplaceAlternative<index + 1>(variant, which);
  }
}

template <class Archive, class... Alternatives>
void serialize(Archive& ar, std::variant<Alternatives...>& variant, unsigned /*version*/) {
  std::size_t which = variant.index();
  ar& make_nvp("which", which);
  if constexpr (Archive::is_loading::value) EmplaceAlternative(variant, which);
  std::visit([&ar](auto& alternative) { ar& make_nvp("value", alternative); }, variant);
}

}  // namespace boost::serialization

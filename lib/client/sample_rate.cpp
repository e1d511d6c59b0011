#include <fmt/format.h>

#include <pawl/metric.h>

namespace pawl {

Result<SampleRate> SampleRate::from(double rate) {
  if (rate > 0.0 && rate <= 1.0) return clamped(rate);
  return Error{fmt::format("the sample rate is {}; expected more than 0 and at most 1", rate)};
}

}  // namespace pawl

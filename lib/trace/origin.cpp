#include "trace/origin.h"

#include <string_view>

namespace pawl::trace {

Origin find_origin(const std::function<const char*(const char*)>& lookup,
                   const base::ProcPaths& paths) {
  Origin origin;
  origin.entity_id = base::find_container_id(paths);
  if (origin.entity_id.starts_with("ci-")) origin.container_id = origin.entity_id.substr(3);
  const char* external = lookup("DD_EXTERNAL_ENV");
  for (const char c : std::string_view{external == nullptr ? "" : external})
    if (c >= ' ' && c <= '~') origin.external_env += c;  // it becomes a header
  return origin;
}

}  // namespace pawl::trace

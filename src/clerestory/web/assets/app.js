// What every page runs: htmx. Its settings stand in a meta element of the base template.
import "htmx.org";

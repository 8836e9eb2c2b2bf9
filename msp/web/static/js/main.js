// Starts every module. They listen on the document, so swapped-in fragments need nothing.
import "./htmx-events.js";
import "./keys.js";
import "./dialogs.js";
import "./panes.js";
import "./palette.js";
import "./list-nav.js";
import "./thread.js";
import "./composer.js";
import "./undo-toast.js";
import "./sla-clock.js";
import "./timer.js";
import "./theme.js";
import "./presence.js";
import "./live.js";
import "./chart-tip.js";

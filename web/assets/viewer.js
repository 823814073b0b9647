// The diagram as a finding's page shows it: to look at, to move and zoom, not to change. Global name: BpmnViewer.
export { default as BpmnViewer } from "bpmn-js/lib/NavigatedViewer";
